// gordian run: records a program, watches it, analyses it, reports.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/recorder/options.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/run/places.h"
#include "tools/run/preload.h"
#include "tools/run/run_loop.h"
#include "tools/run/trace_names.h"
#include "tools/run/watch_report.h"

namespace gordian::tools {
namespace {

using detector::ProgramEnd;
using detector::Report;

// "10" and "10s" are ten seconds, "500ms" half a one.
absl::StatusOr<std::chrono::nanoseconds> ParseTime(const char* option, const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit = end;
  const double seconds = unit.empty() || unit == "s" ? number
                         : unit == "ms"              ? number / 1e3
                         : unit == "m"               ? number * 60
                         : unit == "h"               ? number * 3600
                                                     : 0;
  constexpr double kMost = 1e9;
  if (end == text.c_str() || !(seconds > 0) || seconds > kMost) {
    return absl::InvalidArgumentError(
        absl::StrCat("run: ", option, ": \"", text, "\" is no time; write 10s, 500ms or 2m"));
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

std::optional<ProgramEnd> EndOf(std::optional<int> wait_status) {
  if (!wait_status) return std::nullopt;
  if (WIFSIGNALED(*wait_status)) return ProgramEnd{.signal = WTERMSIG(*wait_status)};
  return ProgramEnd{.exit_status = WEXITSTATUS(*wait_status)};
}

// What only the watcher knows of why the trace does not tell everything.
std::vector<std::string> Gaps(ProcessWatch& watch, const RunResult& result) {
  const recorder::RecordedProcess& process = watch.process();
  std::vector<std::string> gaps;
  if (!process.write_error().empty()) gaps.push_back(process.write_error());
  if (!watch.status().ok()) gaps.emplace_back(std::string(watch.status().message()));
  if (result.timed_out && !watch.pipeline().model().main_ended()) {
    gaps.emplace_back("the program was ended at its time limit");
  }
  if (std::ranges::find(result.left, process.identity().pid) != result.left.end()) {
    gaps.push_back(absl::StrCat("process ", process.identity().pid, " still runs"));
  }
  return gaps;
}

class RunCommand final : public Command {
 public:
  void Declare(CLI::App& app) override {
    report_options_.Declare(app);
    app.add_option("--trace", trace_, "keep the trace in this file")->type_name("FILE");
    app.add_option("--timeout", timeout_, "end the program after this time")->type_name("TIME");
    app.add_option("--linger", linger_, "how long to wait for recorded processes it leaves")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--on-hang", on_hang_, "what to do with a program that hangs: kill or report")
        ->check(CLI::IsMember({"kill", "report"}))
        ->capture_default_str();
    app.footer("PROGRAM and its arguments follow: gordian run [OPTIONS] [--] PROGRAM [ARGUMENTS]");
  }

  // The program begins behind "--", or at the first word that is neither an option nor
  // an option's value.
  void TakeRest(const CLI::App& app, std::vector<std::string>& words) override {
    std::size_t at = 1;
    for (; at < words.size() && words[at].starts_with('-') && words[at] != "--"; ++at) {
      const CLI::Option* option = app.get_option_no_throw(words[at]);
      if (option != nullptr && option->get_items_expected_max() > 0) ++at;
    }
    const std::size_t program = at < words.size() && words[at] == "--" ? at + 1 : at;
    if (program < words.size())
      settings_.command.assign(words.begin() + static_cast<std::ptrdiff_t>(program), words.end());
    words.resize(std::min(at, words.size()));
  }

  int Run() override {
    if (absl::Status status = Prepare(); !status.ok()) return Complain(Text(status));
    GiveUpUnwritableTrace();
    absl::StatusOr<TraceNames> names = TraceNames::Make(trace_);
    if (!names.ok()) return Complain(Text(names.status()));
    settings_.trace_path = [&names](const recorder::RecordedProcess::Identity& process,
                                    std::size_t) { return names->Next(process.pid); };
    settings_.watch.on_deadlock = [this](detector::Pipeline& pipeline,
                                         std::vector<detector::Finding> findings) {
      AnnounceDeadlock(report_options_, announcing_, pipeline, std::move(findings));
    };
    settings_.say = [](const std::string& text) {
      WriteAll(STDERR_FILENO, WithPlaces(text)).IgnoreError();
    };
    absl::StatusOr<RunResult> result = RunProgram(settings_);
    if (!result.ok()) return Complain(Text(result.status()));
    Report report = MakeReport(*result);
    const absl::StatusOr<int> status = report_options_.Finish(report, STDERR_FILENO);
    return status.ok() ? *status : Complain(Text(status.status()));
  }

 private:
  static std::string Text(const absl::Status& status) { return std::string(status.message()); }

  absl::Status Prepare() {
    if (settings_.command.empty()) {
      return absl::InvalidArgumentError("run: which program? gordian run [options] -- PROGRAM…");
    }
    settings_.end_on_hang = on_hang_ == "kill";
    if (!timeout_.empty()) {
      const auto timeout = ParseTime("--timeout", timeout_);
      if (!timeout.ok()) return timeout.status();
      settings_.timeout = *timeout;
    }
    const auto linger = ParseTime("--linger", linger_);
    if (!linger.ok()) return linger.status();
    settings_.linger = *linger;
    recorder::Options options;
    if (const char* text = std::getenv("GORDIAN_OPTIONS")) {
      for (const std::string& problem : recorder::ParseOptions(text, options)) {
        return absl::InvalidArgumentError("GORDIAN_OPTIONS: " + problem);
      }
    }
    if (absl::Status status = report_options_.Check(options); !status.ok()) return status;
    settings_.watch.limits = report_options_.limits();
    settings_.watch.max_size = options.max_size;
    return absl::OkStatus();
  }

  // The program is recorded and judged all the same, by a trace that is not kept.
  void GiveUpUnwritableTrace() {
    if (trace_.empty()) return;
    const std::filesystem::path path(trace_);
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const bool exists = access(trace_.c_str(), F_OK) == 0;
    if (access(exists ? path.c_str() : folder.c_str(), W_OK) == 0) return;
    not_kept_ = absl::StrCat("the trace cannot be kept in ", trace_, ": ", std::strerror(errno));
    trace_.clear();
  }

  Report MakeReport(RunResult& result) {
    Report report;
    report.program = EndOf(result.wait_status);
    report.program->hung = result.hung;
    report.program->by_gordian = result.timed_out || (result.hung && settings_.end_on_hang);
    detector::Symbolizer symbolizer;
    for (const auto& watch : result.watches) {
      const std::string kept_as = trace_.empty() ? "" : watch->process().trace_path();
      watch->Finish();
      std::vector<std::string> gaps = Gaps(*watch, result);
      if (!not_kept_.empty()) gaps.push_back(not_kept_);
      report.traces.push_back(
          ReportOf(*watch, kept_as, std::move(gaps), report_options_.allow(), symbolizer));
    }
    if (!std::ranges::all_of(report.traces, IsIdle)) std::erase_if(report.traces, IsIdle);
    if (report.traces.empty()) {
      const std::string why = result.refused > 0
                                  ? "there was no room to record it (ulimit -f, -n or -v?)"
                                  : WhyNotRecordable(settings_.command.front());
      std::cerr << "gordian: the recorder never attached: "
                << (why.empty() ? "LD_PRELOAD did not reach " + settings_.command.front() : why)
                << "\n";
    }
    if (result.hung && !settings_.end_on_hang) {
      std::cerr << "gordian: the program hangs and is left as it is\n";
    }
    return report;
  }

  ReportOptions report_options_;
  std::string trace_;
  std::string not_kept_;  // why not
  std::string timeout_;
  std::string linger_ = "5s";
  std::string on_hang_ = "kill";
  RunSettings settings_;
  std::mutex announcing_;
};

}  // namespace

std::unique_ptr<Command> MakeRun() { return std::make_unique<RunCommand>(); }

}  // namespace gordian::tools
