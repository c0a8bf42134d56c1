#include "instrument/trace/file_reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gordian::trace {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

// What a search behind damage may hash, beyond four times what it has passed.
constexpr std::uint64_t kSearchBytes = std::uint64_t{256} << 20;

constexpr std::size_t kHeaderBytes = sizeof(FrameHeader);

std::string AtByte(std::uint64_t offset) { return "at byte " + std::to_string(offset); }

bool IsPlausible(const FrameHeader& header) {
  if (header.kind == FrameKind::kEnd) return header.raw_bytes == 0 && header.stored_bytes == 0;
  return header.kind == FrameKind::kRecords && header.raw_bytes != 0 &&
         header.raw_bytes <= kMaxFrameBytes && header.raw_bytes % 8 == 0 &&
         header.stored_bytes != 0 && header.stored_bytes <= ZSTD_compressBound(header.raw_bytes);
}

}  // namespace

struct FileReader::Inflater {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
};

FileReader::FileReader() : inflater_(std::make_unique<Inflater>()) {}

FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileStatus FileReader::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return {FileError::kCannotOpen, 0, "cannot open " + path + ": " + std::strerror(errno)};
  }
  return Adopt(descriptor);
}

FileStatus FileReader::Adopt(int descriptor) {
  descriptor_ = descriptor;
  done_ = true;  // until the header is right
  FileHeader header;
  const std::size_t bytes = Fill(sizeof header);
  if (!read_error_.ok()) return read_error_;
  if (bytes == 0) return {FileError::kEmpty, 0, "the file is empty"};
  std::memcpy(&header, at(), std::min(bytes, sizeof header));
  if (std::memcmp(at(), kFileMagic.data(), std::min(bytes, kFileMagic.size())) != 0) {
    return {FileError::kBadMagic, 0, "this is not a Gordian trace: it does not begin with GORDIAN"};
  }
  if (bytes < sizeof header) {
    return {FileError::kTruncated, bytes,
            "the file ends " + AtByte(bytes) + ", inside its header of 32 bytes"};
  }
  if (header.version > kFileVersion) {
    return {FileError::kNewerVersion, offsetof(FileHeader, version),
            "the trace has format version " + std::to_string(header.version) +
                "; this reader knows versions up to " + std::to_string(kFileVersion)};
  }
  if (header.checksum != ChecksumOf(header)) {
    return {FileError::kChecksumMismatch, 0, "the checksum of the file's header is wrong"};
  }
  Skip(sizeof header);
  done_ = false;
  return {};
}

FileReader::Result FileReader::Next(Frame& frame, FileStatus& problem) {
  if (std::exchange(has_pending_, false)) {
    frame = pending_;
    return kFrame;
  }
  while (!done_) {
    FrameHeader header;
    const Result result = NextHeader(header, problem);
    if (result != kFrame) return result;
    if (header.kind == FrameKind::kRecords) return TakeFrame(header, frame, problem);
    ended_ = true;
    Skip(kHeaderBytes);
  }
  return kEnd;
}

// The header of the next frame, which is whole then.
FileReader::Result FileReader::NextHeader(FrameHeader& header, FileStatus& problem) {
  const std::size_t bytes = Fill(kHeaderBytes);
  if (!read_error_.ok()) {
    done_ = true;
    return Problem(problem, read_error_.error, read_error_.offset, read_error_.message);
  }
  if (ended_ || bytes == 0) {
    done_ = true;
    if (bytes != 0) {
      return Problem(problem, FileError::kTrailingBytes, offset_,
                     "there is more behind the end frame, " + AtByte(offset_));
    }
    if (ended_) return kEnd;
    return Problem(problem, FileError::kTruncated, offset_,
                   "the trace ends " + AtByte(offset_) + " without an end frame: it was cut there");
  }
  const std::uint64_t offset = offset_;
  if (bytes < kHeaderBytes) {
    done_ = true;
    return Problem(problem, FileError::kTruncated, offset,
                   "the trace ends inside the header of the frame " + AtByte(offset));
  }
  std::memcpy(&header, at(), sizeof header);
  if (IsGivenUp(header)) {
    PassHole();
    FindNextFrame();
    return Problem(problem, FileError::kGivenUp, offset,
                   "what was between byte " + std::to_string(offset) + " and byte " +
                       std::to_string(offset_) + " was given up to save room (max_size)");
  }
  if (!IsPlausible(header)) {
    FindNextFrame();
    return Problem(problem, FileError::kBadFrame, offset,
                   "the header of the frame " + AtByte(offset) + " cannot be");
  }
  if (Fill(kHeaderBytes + header.stored_bytes) < kHeaderBytes + header.stored_bytes) {
    FindNextFrame();
    return Problem(problem, FileError::kTruncated, offset,
                   "the trace ends inside the frame " + AtByte(offset));
  }
  if (!IsWhole(header)) {
    FindNextFrame();
    return Problem(problem, FileError::kChecksumMismatch, offset,
                   "the checksum of the frame " + AtByte(offset) + " is wrong");
  }
  return kFrame;
}

FileReader::Result FileReader::TakeFrame(const FrameHeader& header, Frame& frame,
                                         FileStatus& problem) {
  const std::uint64_t offset = offset_;
  words_.resize(header.raw_bytes / 8);
  const std::size_t inflated =
      ZSTD_decompressDCtx(inflater_->context.get(), words_.data(), header.raw_bytes,
                          at() + kHeaderBytes, header.stored_bytes);
  Skip(kHeaderBytes + header.stored_bytes);
  if (inflated != header.raw_bytes) {
    return Problem(problem, FileError::kBadPayload, offset,
                   "the frame " + AtByte(offset) + " does not inflate to the " +
                       std::to_string(header.raw_bytes) + " bytes its header says");
  }
  std::uint64_t& expected = sequences_[header.stream];
  const std::string which = " of stream " + std::to_string(header.stream);
  if (header.sequence < expected) {
    return Problem(
        problem, FileError::kRepeatedFrame, offset,
        "frame " + std::to_string(header.sequence) + which + " comes again " + AtByte(offset));
  }
  frame = {header.stream, header.sequence, header.sequence != expected, words_};
  const std::uint64_t missing = std::exchange(expected, header.sequence + 1);
  if (!frame.after_gap) return kFrame;
  pending_ = frame;
  has_pending_ = true;
  return Problem(problem, FileError::kMissingFrame, offset,
                 "frames " + std::to_string(missing) + " to " +
                     std::to_string(header.sequence - 1) + which + " are missing before the one " +
                     AtByte(offset));
}

// Whether the frame at the front is all there and its checksum is right.
bool FileReader::IsWhole(const FrameHeader& header) {
  const std::size_t bytes = kHeaderBytes + header.stored_bytes;
  if (Fill(bytes) < bytes) return false;
  return header.checksum == ChecksumOf(header, {at() + kHeaderBytes, header.stored_bytes});
}

bool FileReader::IsGivenUp(const FrameHeader& header) const {
  static constexpr FrameHeader kZeros{.kind = FrameKind{0}};
  return std::memcmp(&header, &kZeros, sizeof header) == 0;
}

// To the next byte of the file that takes room, where the system can tell.
void FileReader::PassHole() {
  const off_t next = lseek(descriptor_, static_cast<off_t>(offset_), SEEK_DATA);
  if (next < 0 || static_cast<std::uint64_t>(next) <= offset_ + available()) return;
  window_.clear();
  window_at_ = 0;
  offset_ = static_cast<std::uint64_t>(lseek(descriptor_, next, SEEK_SET));
}

// Passes over damage: to the next byte where a whole frame begins, or to the end.
void FileReader::FindNextFrame() {
  for (;;) {
    Skip(1);
    if (Fill(kHeaderBytes) < kHeaderBytes) break;
    FrameHeader header;
    std::memcpy(&header, at(), sizeof header);
    if (!IsPlausible(header)) continue;
    hashed_ += header.stored_bytes;
    if (hashed_ > kSearchBytes + 4 * offset_) break;
    if (IsWhole(header)) return;
  }
  done_ = true;
}

FileReader::Result FileReader::Problem(FileStatus& problem, FileError error, std::uint64_t offset,
                                       std::string message) {
  ++problems_;
  problem = {error, offset, std::move(message)};
  return kProblem;
}

// Reads until `bytes` bytes are in the window, or the file ends. Returns how many are.
std::size_t FileReader::Fill(std::size_t bytes) {
  while (available() < bytes && !at_eof_) {
    if (window_at_ != 0 && window_at_ >= window_.size() / 2) {
      window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(window_at_));
      window_at_ = 0;
    }
    const std::size_t size = window_.size();
    window_.resize(size + kReadBytes);
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, window_.data() + size, kReadBytes);
    } while (got < 0 && errno == EINTR);
    window_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0) continue;
    at_eof_ = true;
    if (got < 0) {
      read_error_ = {
          FileError::kReadFailed, offset_ + available(),
          "cannot read the trace " + AtByte(offset_ + available()) + ": " + std::strerror(errno)};
    }
  }
  return available();
}

void FileReader::Skip(std::size_t bytes) {
  window_at_ += bytes;
  offset_ += bytes;
}

}  // namespace gordian::trace
