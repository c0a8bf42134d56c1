#include "instrument/trace/file_writer.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "instrument/trace/decoder.h"

namespace gordian::trace {
namespace {

// Records are words: matches shorter than seven bytes only cut the long ones into pieces,
// and looking at every byte finds nothing that looking at every eighth does not. On the loops
// that programs are made of this is 15 times as fast as zstd's level 1, and denser.
struct Parameter {
  ZSTD_cParameter name;
  int value;
};
constexpr Parameter kParameters[] = {{ZSTD_c_compressionLevel, 1},
                                     {ZSTD_c_strategy, ZSTD_fast},
                                     {ZSTD_c_minMatch, 7},
                                     {ZSTD_c_targetLength, 7},
                                     {ZSTD_c_hashLog, 14}};

// Frames of this many words: small enough to be cheap to keep in memory while reading.
constexpr std::size_t kFrameWords = std::size_t{512} << 10;
static_assert(kFrameWords * 8 <= kMaxFrameBytes);

std::string Because(const char* what, int error) {
  return std::string(what) + ": " + std::strerror(error);
}

// The longest run of whole records at the front of `words` within a frame's size. Words
// that are no record stay together with what precedes them.
std::size_t FrameLength(std::span<const std::uint64_t> words) {
  if (words.size() <= kFrameWords) return words.size();
  const std::uint64_t* const begin = words.data();
  const std::uint64_t* const end = begin + words.size();
  const std::uint64_t* at = begin;
  Event event;
  while (static_cast<std::size_t>(at - begin) < kFrameWords) {
    const Decoded record = Decode(at, end, event);
    at += record.error == RecordError::kNone ? record.words : 1;
  }
  return static_cast<std::size_t>(at - begin);
}

}  // namespace

struct FileWriter::Compressor {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
};

FileWriter::FileWriter() = default;

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileStatus FileWriter::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Fail(FileError::kCannotOpen, Because(("cannot create " + path).c_str(), errno));
  }
  return Adopt(descriptor);
}

FileStatus FileWriter::Adopt(int descriptor) {
  descriptor_ = descriptor;
  compressor_ = std::make_unique<Compressor>();
  for (const Parameter& parameter : kParameters) {
    ZSTD_CCtx_setParameter(compressor_->context.get(), parameter.name, parameter.value);
  }
  FileHeader header;
  header.checksum = ChecksumOf(header);
  return Append(std::as_bytes(std::span(&header, 1)));
}

void FileWriter::GiveUp(std::uint64_t begin, std::uint64_t end) {
  if (descriptor_ < 0 || begin >= end) return;
  fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
            static_cast<off_t>(end - begin));
}

FileStatus FileWriter::Write(StreamId stream, std::span<const std::uint64_t> words) {
  while (!words.empty() && status_.ok()) {
    const std::size_t length = FrameLength(words);
    WriteFrame(FrameKind::kRecords, stream, words.first(length));
    words = words.subspan(length);
  }
  return status_;
}

FileStatus FileWriter::Close() {
  if (descriptor_ < 0) return status_;
  if (status_.ok()) WriteFrame(FrameKind::kEnd, 0, {});
  if (::close(std::exchange(descriptor_, -1)) != 0 && status_.ok()) {
    Fail(FileError::kWriteFailed, Because("cannot close the trace", errno));
  }
  return status_;
}

FileStatus FileWriter::WriteFrame(FrameKind kind, StreamId stream,
                                  std::span<const std::uint64_t> words) {
  if (descriptor_ < 0) return Fail(FileError::kWriteFailed, "the trace is not open");
  FrameHeader header{.kind = kind, .stream = stream};
  header.raw_bytes = static_cast<std::uint32_t>(words.size_bytes());
  frame_.resize(sizeof header + ZSTD_compressBound(words.size_bytes()));
  std::size_t stored = 0;
  if (kind == FrameKind::kRecords) {
    header.sequence = sequences_[stream]++;
    stored = ZSTD_compress2(compressor_->context.get(), frame_.data() + sizeof header,
                            frame_.size() - sizeof header, words.data(), words.size_bytes());
    if (ZSTD_isError(stored) != 0) {
      return Fail(FileError::kWriteFailed,
                  std::string("cannot compress a frame: ") + ZSTD_getErrorName(stored));
    }
  }
  header.stored_bytes = static_cast<std::uint32_t>(stored);
  header.checksum = ChecksumOf(header, std::span(frame_).subspan(sizeof header, stored));
  std::memcpy(frame_.data(), &header, sizeof header);
  return Append(std::span(frame_).first(sizeof header + stored));
}

// All of `bytes`, or nothing of them and an error.
FileStatus FileWriter::Append(std::span<const std::byte> bytes) {
  if (!status_.ok()) return status_;
  if (bytes.size() > Limit() - std::min(Limit(), offset_)) {
    return Fail(FileError::kTooLarge,
                "the trace has reached its size limit of " + std::to_string(Limit()) + " bytes");
  }
  std::span<const std::byte> left = bytes;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written > 0) {
      left = left.subspan(static_cast<std::size_t>(written));
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EINTR) continue;
    // A pipe cannot be cut back; its reader sees a truncated frame.
    [[maybe_unused]] const int cut = ::ftruncate(descriptor_, static_cast<off_t>(offset_));
    const bool full = error == ENOSPC || error == EDQUOT;
    const bool large = error == EFBIG;
    return Fail(full    ? FileError::kNoSpace
                : large ? FileError::kTooLarge
                        : FileError::kWriteFailed,
                Because("cannot write the trace", error));
  }
  offset_ += bytes.size();
  return status_;
}

std::uint64_t FileWriter::Limit() const {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return max_bytes_;
  return std::min<std::uint64_t>(max_bytes_, limit.rlim_cur);
}

FileStatus FileWriter::Fail(FileError error, std::string message) {
  if (status_.ok()) status_ = {error, offset_, std::move(message)};
  return status_;
}

}  // namespace gordian::trace
