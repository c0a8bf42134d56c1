#include "tools/trace_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "instrument/recorder/live_file.h"
#include "tools/progress.h"
#include "tools/stream_file.h"

namespace gordian::tools {
namespace {

using detector::TraceFormat;
using detector::TraceSource;

constexpr std::size_t kMostGaps = 5;

// Shows how far another source has got.
class SourceWithProgress final : public TraceSource {
 public:
  SourceWithProgress(std::unique_ptr<TraceSource> source, const std::string& path)
      : source_(std::move(source)), progress_("reading " + path) {}

  bool Next(detector::TraceSink& sink) override {
    const bool more = source_->Next(sink);
    bytes_read_ = source_->bytes_read();
    bytes_ = source_->bytes();
    progress_.Update(bytes_read_, bytes_);
    if (!more) {
      status_ = source_->status();
      problems_ = source_->problems();
      complete_ = source_->complete();
    }
    return more;
  }

 private:
  std::unique_ptr<TraceSource> source_;
  Progress progress_;
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// A line that says nothing in RAPID's format; in ours a `#` is the number of a task.
bool IsBlankOrComment(std::string_view line) {
  if (line.starts_with('#')) return line.size() == 1 || line[1] < '0' || line[1] > '9';
  return std::ranges::all_of(line, IsSpace);
}

// By its first bytes; what is none of ours is left to the binary reader's complaint.
TraceFormat Guess(const std::string& path) {
  std::array<char, 4096> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  std::string_view begin(first.data(), static_cast<std::size_t>(file.gcount()));
  std::string_view line = begin.substr(0, begin.find('\n'));
  while (IsBlankOrComment(line) && line.size() < begin.size()) {
    begin.remove_prefix(line.size() + 1);
    line = begin.substr(0, begin.find('\n'));
  }
  if (line.starts_with('@') || line.starts_with('#')) return TraceFormat::kText;
  const bool is_std =
      line.find('|') != std::string_view::npos && line.find('\0') == std::string_view::npos;
  return is_std ? TraceFormat::kStd : TraceFormat::kGtrace;
}

// What a program that was killed left behind, as a trace that is gone once it is read.
absl::StatusOr<std::unique_ptr<TraceSource>> OpenLive(const std::string& path) {
  const char* folder = std::getenv("TMPDIR");
  std::string sealed = absl::StrCat(folder == nullptr ? "/tmp" : folder, "/gordian.XXXXXX");
  const int descriptor = mkstemp(sealed.data());
  if (descriptor < 0) {
    return absl::UnavailableError(absl::StrCat("cannot make ", sealed, ": ", std::strerror(errno)));
  }
  close(descriptor);
  const absl::Cleanup remove = [&] { std::remove(sealed.c_str()); };
  if (const std::string error = recorder::SealLiveFile(path, sealed); !error.empty()) {
    return absl::DataLossError(error);
  }
  return detector::OpenTrace(sealed, TraceFormat::kGtrace);
}

}  // namespace

void TraceInput::Declare(CLI::App& app) {
  app.add_option("--from", form_, "the form of the trace: auto, gtrace, text or std")
      ->check(CLI::IsMember({"auto", "gtrace", "text", "std"}))
      ->capture_default_str();
}

// A stream is read once, into a file that can be read as often as need be.
absl::StatusOr<std::string> TraceInput::FileOf(const std::string& path) const {
  const auto known = streams_.find(path);
  if (known != streams_.end()) return known->second;
  absl::StatusOr<std::string> file = path;
  if (path == "-") {
    file = FileFromStream(STDIN_FILENO);
  } else if (std::error_code error; std::filesystem::is_fifo(path, error)) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return absl::NotFoundError(std::strerror(errno));
    file = FileFromStream(descriptor);
    close(descriptor);
  }
  if (file.ok()) streams_.emplace(path, *file);
  return file;
}

absl::StatusOr<TraceInput::Opened> TraceInput::Open(const std::string& path) const {
  const absl::StatusOr<std::string> file = FileOf(path);
  if (!file.ok()) return InFile(path, file.status());
  Opened opened;
  opened.format = form_ != "auto" ? *detector::TraceFormatNamed(form_) : Guess(*file);
  const bool is_live = opened.format == TraceFormat::kGtrace && recorder::IsLiveFile(*file);
  absl::StatusOr<std::unique_ptr<TraceSource>> source =
      is_live ? OpenLive(*file) : detector::OpenTrace(*file, opened.format);
  if (!source.ok()) return InFile(path, source.status());
  opened.source = std::make_unique<SourceWithProgress>(*std::move(source), path);
  return opened;
}

absl::StatusOr<std::vector<std::string>> ReadEvents(
    const std::string& path, TraceSource& source,
    absl::FunctionRef<void(const trace::Event&)> take) {
  const detector::OrderedTrace read = detector::ReadInOrder(source, take);
  // A broken stream of a binary trace is a gap; a broken line of a text is the end of it.
  if (!source.status().ok()) return InFile(path, source.status());
  std::vector<std::string> gaps = read.problems;
  if (!read.status.ok()) gaps.emplace_back(std::string(read.status.message()));
  for (std::string& hole : MissingVersions(read.missing)) gaps.push_back(std::move(hole));
  return Summarised(std::move(gaps));
}

std::vector<std::string> Summarised(std::vector<std::string> gaps) {
  if (gaps.size() <= kMostGaps) return gaps;
  const std::size_t more = gaps.size() - kMostGaps;
  gaps.resize(kMostGaps);
  gaps.push_back(absl::StrCat("and ", more, " more"));
  return gaps;
}

std::vector<std::string> MissingVersions(std::span<const detector::Reader::Missing> missing) {
  std::vector<std::string> gaps;
  for (const detector::Reader::Missing& hole : missing) {
    gaps.push_back(hole.from == hole.to ? absl::StrCat("version ", hole.from, " of object ",
                                                       hole.object, " is missing")
                                        : absl::StrCat("versions ", hole.from, " to ", hole.to,
                                                       " of object ", hole.object, " are missing"));
  }
  return gaps;
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  const std::string message(status.message());
  if (message.find(path) != std::string::npos) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", message));
}

}  // namespace gordian::tools
