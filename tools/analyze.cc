// gordian analyze TRACE…: what is wrong in recorded traces.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "detector/pipeline/pipeline.h"
#include "detector/reader/verifier.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/trace/wire.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/trace_input.h"
#include "tools/trace_report.h"

namespace gordian::tools {
namespace {

using detector::CutKind;
using detector::TraceFormat;
using detector::TraceReport;

class PipelineSink final : public detector::TraceSink {
 public:
  explicit PipelineSink(detector::Pipeline& pipeline) : pipeline_(pipeline) {}

  void Feed(trace::StreamId stream, std::span<const std::uint64_t> words) override {
    pipeline_.Feed(stream, words).IgnoreError();  // Finish() tells it
    if (has_gap_ && known_from_ns_ == 0) known_from_ns_ = BeginOf(words);
  }
  void Gap(trace::StreamId stream) override {
    has_gap_ = true;
    pipeline_.Gap(stream);
  }
  void Take(const trace::Event& event) override { pipeline_.Take(event); }

  // When what is there behind the first part that is missing begins; 0 where nothing is missing.
  std::uint64_t known_from_ns() const { return known_from_ns_; }

 private:
  // A thread's buffer begins with the time.
  static std::uint64_t BeginOf(std::span<const std::uint64_t> words) {
    const bool is_time = words.size() >= 2 && trace::TypeOf(words[0]) == trace::EventType::kTime;
    return is_time ? words[1] : 0;
  }

  detector::Pipeline& pipeline_;
  bool has_gap_ = false;
  std::uint64_t known_from_ns_ = 0;
};

class Analyze final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option("TRACE", paths_, "traces, one per process; one verdict over all")->required();
    input_.Declare(app);
    report_options_.Declare(app);
  }

  int Run() override {
    if (absl::Status status = report_options_.Check(); !status.ok()) {
      return Complain(absl::StrCat("analyze: ", std::string(status.message())));
    }
    detector::Report report;
    bool all_read = true;
    for (const std::string& path : paths_) {
      absl::StatusOr<TraceReport> trace = AnalyzeTrace(path);
      if (trace.ok()) {
        report.traces.push_back(*std::move(trace));
      } else {
        Complain(std::string(trace.status().message()));
        all_read = false;
      }
    }
    if (report.traces.empty()) return kExitUsage;
    const absl::StatusOr<int> status = report_options_.Finish(report, STDOUT_FILENO, !all_read);
    if (!status.ok()) return Complain(std::string(status.status().message()));
    return *status;
  }

 private:
  absl::StatusOr<TraceReport> AnalyzeTrace(const std::string& path) {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path);
    if (!opened.ok()) return opened.status();
    // A text was written by somebody: what cannot have happened is their mistake, and they
    // want to be told instead of an analysis of it.
    if (opened->format == TraceFormat::kText) {
      if (absl::Status status = Verify(path); !status.ok()) return status;
    }
    detector::Pipeline pipeline(report_options_.limits());
    pipeline.NameWith(symbolizer_);
    PipelineSink sink(pipeline);
    detector::TraceSource& source = *opened->source;
    while (source.Next(sink)) {
    }
    if (!source.status().ok()) return InFile(path, source.status());
    std::vector<std::string> gaps = source.problems();
    if (const absl::Status placed = pipeline.Finish(); !placed.ok()) {
      gaps.emplace_back(std::string(placed.message()));
    }
    const std::uint64_t end_ns = pipeline.model().now(), whole_from_ns = sink.known_from_ns();
    if (whole_from_ns != 0 && end_ns > whole_from_ns) {
      gaps.insert(gaps.begin(), absl::StrFormat("it is whole only for its last %.3f s",
                                                static_cast<double>(end_ns - whole_from_ns) / 1e9));
    }
    // RAPID's format knows no end of the program: what is there is all there is.
    const bool ended = pipeline.model().main_ended() || opened->format == TraceFormat::kStd;
    if (!ended && gaps.empty()) {
      gaps.emplace_back("it ends before the program did: killed, crashed, or still running");
    }
    absl::StatusOr<std::vector<detector::Finding>> findings =
        pipeline.Judge(ended ? CutKind::kProgramEnd : CutKind::kTruncated);
    if (!findings.ok()) return InFile(path, findings.status());
    for (std::string& hole : MissingVersions(pipeline.missing())) gaps.push_back(std::move(hole));
    return DescribeTrace(pipeline, *std::move(findings), path, Summarised(std::move(gaps)),
                         report_options_.allow(), symbolizer_);
  }

  absl::Status Verify(const std::string& path) const {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path);
    if (!opened.ok()) return opened.status();
    detector::Verifier verifier;
    const detector::OrderedTrace read = detector::ReadInOrder(
        *opened->source, [&](const trace::Event& event) { verifier.Take(event); });
    if (!read.status.ok()) return InFile(path, read.status);
    verifier.Finish(read.complete);
    if (verifier.violations().empty()) return absl::OkStatus();
    return InFile(path, absl::InvalidArgumentError(absl::StrCat(
                            verifier.violations().front().message, " (gordian verify says all)")));
  }

  std::vector<std::string> paths_;
  TraceInput input_;
  ReportOptions report_options_;
  detector::Symbolizer symbolizer_;
};

}  // namespace

std::unique_ptr<Command> MakeAnalyze() { return std::make_unique<Analyze>(); }

}  // namespace gordian::tools
