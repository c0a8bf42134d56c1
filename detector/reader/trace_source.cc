#include "detector/reader/trace_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/reader/std_format.h"
#include "instrument/trace/file_reader.h"
#include "instrument/trace/text_parser.h"

namespace gordian::detector {
namespace {

using trace::FileReader;
using trace::FileStatus;

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

// A badly damaged file has thousands, which say no more.
constexpr std::size_t kMaxProblems = 100;

std::uint64_t SizeOf(int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<std::uint64_t>(info.st_size);
}

absl::Status ToStatus(const FileStatus& status) {
  if (status.ok()) return absl::OkStatus();
  return status.error == trace::FileError::kCannotOpen ? absl::NotFoundError(status.message)
                                                       : absl::DataLossError(status.message);
}

class GtraceSource : public TraceSource {
 public:
  absl::Status Open(int descriptor) {
    bytes_ = SizeOf(descriptor);
    return ToStatus(reader_.Adopt(descriptor));
  }

  bool Next(TraceSink& sink) override {
    trace::Frame frame;
    FileStatus problem;
    const FileReader::Result result = reader_.Next(frame, problem);
    bytes_read_ = reader_.offset();
    switch (result) {
      case FileReader::kFrame:
        if (frame.after_gap) sink.Gap(frame.stream);
        sink.Feed(frame.stream, frame.words);
        return true;
      case FileReader::kProblem:
        if (problems_.size() < kMaxProblems) problems_.push_back(problem.message);
        return true;
      case FileReader::kEnd:
        break;
    }
    complete_ = reader_.complete();
    return false;
  }

 private:
  FileReader reader_;
};

// A file read block by block.
class BlockSource : public TraceSource {
 public:
  ~BlockSource() override { ::close(descriptor_); }

  absl::Status Open(int descriptor) {
    descriptor_ = descriptor;
    bytes_ = SizeOf(descriptor);
    block_.resize(kBlockBytes);
    return absl::OkStatus();
  }

  bool Next(TraceSink& sink) final {
    if (complete_ || !status_.ok()) return false;
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, block_.data(), block_.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      status_ = absl::DataLossError(absl::StrCat("cannot read the trace: ", std::strerror(errno)));
      return false;
    }
    bytes_read_ += static_cast<std::uint64_t>(got);
    status_ = got > 0 ? Parse({block_.data(), static_cast<std::size_t>(got)}, sink) : End(sink);
    complete_ = got == 0 && status_.ok();
    return status_.ok() && !complete_;
  }

 protected:
  virtual absl::Status Parse(std::string_view bytes, TraceSink& sink) = 0;
  virtual absl::Status End(TraceSink& sink) = 0;

 private:
  int descriptor_ = -1;
  std::vector<char> block_;
};

class TextSource final : public BlockSource {
 protected:
  absl::Status Parse(std::string_view bytes, TraceSink& sink) override {
    pending_.append(bytes);
    std::string_view text = pending_;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      if (absl::Status status = Line(text.substr(0, end), sink); !status.ok()) return status;
      text.remove_prefix(end + 1);
    }
    pending_.erase(0, pending_.size() - text.size());
    Flush(sink);
    if (pending_.size() <= kBlockBytes) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("line ", parser_.line() + 1, " is longer than 1 MiB"));
  }

  absl::Status End(TraceSink& sink) override {
    absl::Status status = pending_.empty() ? absl::OkStatus() : Line(pending_, sink);
    if (status.ok()) Flush(sink);
    return status;
  }

 private:
  absl::Status Line(std::string_view line, TraceSink& sink) {
    const std::size_t before = words_.size();
    if (!parser_.ParseLine(line, words_)) return absl::InvalidArgumentError(parser_.error());
    if (parser_.stream() == stream_) return absl::OkStatus();
    // The line introduced another stream: it holds no record.
    words_.resize(before);
    Flush(sink);
    stream_ = parser_.stream();
    return absl::OkStatus();
  }

  void Flush(TraceSink& sink) {
    if (!words_.empty()) sink.Feed(stream_, words_);
    words_.clear();
  }

  trace::TextParser parser_;
  std::string pending_;  // the start of a line
  std::vector<std::uint64_t> words_;
  trace::StreamId stream_ = 0;
};

class StdSource final : public BlockSource {
 protected:
  absl::Status Parse(std::string_view bytes, TraceSink& sink) override {
    return reader_.Feed(bytes, [&](const trace::Event& event) { sink.Take(event); });
  }
  absl::Status End(TraceSink& sink) override {
    return reader_.Finish([&](const trace::Event& event) { sink.Take(event); });
  }

 private:
  StdReader reader_;
};

template <typename Source>
absl::StatusOr<std::unique_ptr<TraceSource>> Opened(int descriptor) {
  auto source = std::make_unique<Source>();
  if (absl::Status status = source->Open(descriptor); !status.ok()) return status;
  return source;
}

// Orders what it is fed, now and then.
class OrderingSink final : public TraceSink {
 public:
  using Handler = absl::FunctionRef<void(const trace::Event&)>;
  explicit OrderingSink(Handler take) : take_(take) {}

  void Feed(trace::StreamId stream, std::span<const std::uint64_t> words) override {
    reader_.Feed(stream, words);
    waiting_words_ += words.size();
    if (waiting_words_ < kDrainWords) return;
    waiting_words_ = 0;
    reader_.Drain(take_).IgnoreError();  // Finish() tells it
  }
  void Gap(trace::StreamId stream) override { reader_.Gap(stream); }
  void Take(const trace::Event& event) override {
    ++taken_;
    take_(event);
  }

  absl::Status Finish() { return reader_.Finish(take_); }
  const Reader& reader() const { return reader_; }
  std::uint64_t events() const { return taken_ + reader_.events(); }

 private:
  static constexpr std::size_t kDrainWords = std::size_t{1} << 18;

  Handler take_;
  Reader reader_;
  std::size_t waiting_words_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace

std::optional<TraceFormat> TraceFormatNamed(std::string_view name) {
  if (name == "gtrace") return TraceFormat::kGtrace;
  if (name == "text") return TraceFormat::kText;
  if (name == "std") return TraceFormat::kStd;
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<TraceSource>> OpenTrace(const std::string& path,
                                                       TraceFormat format) {
  const int descriptor =
      path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  switch (format) {
    case TraceFormat::kGtrace:
      return Opened<GtraceSource>(descriptor);
    case TraceFormat::kText:
      return Opened<TextSource>(descriptor);
    case TraceFormat::kStd:
      break;
  }
  return Opened<StdSource>(descriptor);
}

OrderedTrace ReadInOrder(TraceSource& source, absl::FunctionRef<void(const trace::Event&)> take) {
  OrderingSink sink(take);
  while (source.Next(sink)) {
  }
  OrderedTrace trace;
  trace.status = source.status();
  const absl::Status ordered = sink.Finish();
  if (trace.status.ok()) trace.status = ordered;
  trace.problems = source.problems();
  trace.missing = sink.reader().missing();
  trace.events = sink.events();
  trace.skipped = sink.reader().skipped();
  trace.complete = source.complete() && trace.status.ok() && trace.missing.empty();
  return trace;
}

}  // namespace gordian::detector
