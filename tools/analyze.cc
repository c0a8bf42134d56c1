// gordian analyze TRACE…: what is wrong in recorded traces.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/pipeline/pipeline.h"
#include "detector/symbols/symbolizer.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/trace_input.h"
#include "tools/trace_report.h"

namespace gordian::tools {
namespace {

class PipelineSink final : public TraceSink {
 public:
  absl::Status Words(trace::StreamId stream, std::span<const std::uint64_t> words) override {
    return pipeline_.Feed(stream, words);
  }
  void Gap(trace::StreamId stream) override { pipeline_.Gap(stream); }
  void Take(const trace::Event& event) override { pipeline_.Take(event); }

  detector::Pipeline& pipeline() { return pipeline_; }

 private:
  detector::Pipeline pipeline_;
};

class Analyze final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option("TRACE", paths_, "traces, one per process; one verdict over all")->required();
    DeclareFrom(app, form_);
    report_options_.Declare(app);
  }

  int Run() override {
    if (absl::Status status = report_options_.Check(); !status.ok()) {
      return Complain(absl::StrCat("analyze: ", std::string(status.message())));
    }
    detector::Report report;
    bool all_read = true;
    for (const std::string& path : paths_) {
      absl::StatusOr<detector::TraceReport> trace = AnalyzeTrace(path);
      if (trace.ok()) {
        report.traces.push_back(*std::move(trace));
      } else {
        Complain(std::string(trace.status().message()));
        all_read = false;
      }
    }
    if (report.traces.empty()) return kExitUsage;
    const absl::StatusOr<int> status = report_options_.Finish(report, STDOUT_FILENO);
    if (!status.ok()) return Complain(std::string(status.status().message()));
    return all_read ? *status : kExitUsage;
  }

 private:
  absl::StatusOr<detector::TraceReport> AnalyzeTrace(const std::string& path) {
    PipelineSink sink;
    absl::StatusOr<TraceRead> read = ReadTrace(path, form_, sink);
    if (!read.ok()) return read.status();
    detector::Pipeline& pipeline = sink.pipeline();
    std::vector<std::string> gaps = std::move(read->gaps);
    const bool ended = pipeline.model().main_ended();
    if (!ended && gaps.empty()) {
      gaps.emplace_back("it ends before the program did: killed, crashed, or still running");
    }
    absl::StatusOr<std::vector<detector::Finding>> findings =
        pipeline.Judge(ended ? detector::CutKind::kProgramEnd : detector::CutKind::kTruncated);
    if (!findings.ok()) return findings.status();
    return DescribeTrace(pipeline, *std::move(findings), path, std::move(gaps), symbolizer_);
  }

  std::vector<std::string> paths_;
  TraceForm form_ = TraceForm::kAuto;
  ReportOptions report_options_;
  detector::Symbolizer symbolizer_;
};

}  // namespace

std::unique_ptr<Command> MakeAnalyze() { return std::make_unique<Analyze>(); }

}  // namespace gordian::tools
