#include "tools/trace_input.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "instrument/recorder/live_file.h"
#include "instrument/trace/file_format.h"
#include "instrument/trace/file_reader.h"
#include "instrument/trace/text_parser.h"
#include "tools/progress.h"

namespace gordian::tools {
namespace {

// Damage may be everywhere: a few places are named, the others are counted.
constexpr std::size_t kMostGaps = 5;
constexpr std::size_t kBatchWords = 1u << 14;

// Collects what is missing, each thing once.
class Gaps {
 public:
  void Add(std::string gap) {
    if (std::find(gaps_.begin(), gaps_.end(), gap) != gaps_.end()) return;
    if (gaps_.size() < kMostGaps) {
      gaps_.push_back(std::move(gap));
    } else {
      ++more_;
    }
  }
  void Add(const absl::Status& status) {
    if (!status.ok()) Add(std::string(status.message()));
  }
  std::vector<std::string> Take() {
    if (more_ > 0) gaps_.push_back(absl::StrCat("and ", more_, " more"));
    return std::move(gaps_);
  }

 private:
  std::vector<std::string> gaps_;
  std::size_t more_ = 0;
};

absl::Status ErrorIn(const std::string& path, const std::string& message) {
  return absl::DataLossError(absl::StrCat(path, ": ", message));
}

std::uint64_t SizeOf(const std::string& path) {
  struct stat facts{};
  return stat(path.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

absl::StatusOr<TraceRead> ReadBinary(const std::string& path, TraceSink& sink) {
  trace::FileReader reader;
  if (const trace::FileStatus opened = reader.Open(path); !opened.ok()) {
    return ErrorIn(path, opened.message);
  }
  Progress progress("reading " + path);
  const std::uint64_t size = SizeOf(path);
  Gaps gaps;
  trace::Frame frame;
  trace::FileStatus problem;
  while (true) {
    const trace::FileReader::Result result = reader.Next(frame, problem);
    if (result == trace::FileReader::kEnd) break;
    if (result == trace::FileReader::kProblem) {
      gaps.Add(problem.message);
      continue;
    }
    if (frame.after_gap) sink.Gap(frame.stream);
    gaps.Add(sink.Words(frame.stream, frame.words));
    progress.Update(reader.offset(), size);
  }
  return TraceRead{
      .form = TraceForm::kGtrace, .ends_in_order = reader.complete(), .gaps = gaps.Take()};
}

// What a program that was killed left behind: made a trace first.
absl::StatusOr<TraceRead> ReadLive(const std::string& path, TraceSink& sink) {
  const char* folder = std::getenv("TMPDIR");
  std::string sealed = absl::StrCat(folder == nullptr ? "/tmp" : folder, "/gordian.XXXXXX");
  const int descriptor = mkstemp(sealed.data());
  if (descriptor < 0)
    return ErrorIn(path, absl::StrCat("cannot make ", sealed, ": ", std::strerror(errno)));
  close(descriptor);
  const absl::Cleanup remove = [&] { std::remove(sealed.c_str()); };
  if (const std::string error = recorder::SealLiveFile(path, sealed); !error.empty()) {
    return ErrorIn(path, error);
  }
  return ReadBinary(sealed, sink);
}

absl::StatusOr<TraceRead> ReadText(const std::string& path, TraceSink& sink) {
  std::ifstream file(path);
  if (!file) return ErrorIn(path, std::strerror(errno));
  trace::TextParser parser;
  std::vector<std::uint64_t> words;
  trace::StreamId stream = 0;
  Gaps gaps;
  const auto flush = [&] {
    if (!words.empty()) gaps.Add(sink.Words(stream, words));
    words.clear();
  };
  std::vector<std::uint64_t> record;
  for (std::string line; std::getline(file, line);) {
    record.clear();
    if (!parser.ParseLine(line, record)) return ErrorIn(path, parser.error());
    if (record.empty()) continue;
    if (parser.stream() != stream || words.size() > kBatchWords) flush();
    stream = parser.stream();
    words.insert(words.end(), record.begin(), record.end());
  }
  flush();
  return TraceRead{.form = TraceForm::kText, .gaps = gaps.Take()};
}

// By its first bytes; what is neither is left to the binary reader's complaint.
TraceForm Guess(const std::string& path) {
  std::array<char, 8> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  const std::string_view begin(first.data(), static_cast<std::size_t>(file.gcount()));
  if (begin.starts_with('@') || begin.starts_with('#')) return TraceForm::kText;
  return TraceForm::kGtrace;
}

}  // namespace

void DeclareFrom(CLI::App& app, TraceForm& form) {
  static const std::map<std::string, TraceForm> kForms = {
      {"auto", TraceForm::kAuto}, {"gtrace", TraceForm::kGtrace}, {"text", TraceForm::kText}};
  app.add_option_function<std::string>(
         "--from", [&form](const std::string& name) { form = kForms.at(name); },
         "the form of the trace: auto (the default), gtrace or text")
      ->check(CLI::IsMember({"auto", "gtrace", "text"}));
}

absl::StatusOr<TraceRead> ReadTrace(const std::string& path, TraceForm form, TraceSink& sink) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0) return ErrorIn(path, std::strerror(errno));
  if (S_ISDIR(facts.st_mode)) return ErrorIn(path, "is a folder, not a trace");
  if (form == TraceForm::kAuto) form = Guess(path);
  switch (form) {
    case TraceForm::kText:
      return ReadText(path, sink);
    case TraceForm::kAuto:
    case TraceForm::kGtrace:
      break;
  }
  return recorder::IsLiveFile(path) ? ReadLive(path, sink) : ReadBinary(path, sink);
}

}  // namespace gordian::tools
