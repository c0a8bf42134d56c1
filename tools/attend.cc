// gordian attend: what watches a program that runs alone. The program's runtime starts it
// (instrument/recorder/companion.h), and it says on stderr what `gordian run` would, of each
// process as it ends, and nothing where nothing is wrong.
//
// The address that processes attach to goes to descriptor 3. It ends when none of them is left.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/recorder/options.h"
#include "instrument/recorder/supervisor.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/run/places.h"
#include "tools/run/process_watch.h"
#include "tools/run/trace_names.h"
#include "tools/run/watch_report.h"

namespace gordian::tools {
namespace {

using Clock = ProcessWatch::Clock;

constexpr int kAddressDescriptor = 3;
constexpr int kTickMs = 20;
// How long the program that has started this may take to attach.
constexpr std::chrono::seconds kFirstGrace{10};
// How long a program that was told that it hangs may take to end itself.
constexpr std::chrono::seconds kOwnGrace{2};

class Attend final : public Command {
 public:
  void Declare(CLI::App& app) override {
    report_options_.Declare(app);
    app.add_option("--trace", trace_, "keep the trace in this file")->type_name("FILE");
  }

  int Run() override {
    if (absl::Status status = Prepare(); !status.ok())
      return Complain(std::string(status.message()));
    absl::StatusOr<TraceNames> names = TraceNames::Make(trace_);
    if (!names.ok()) return Complain(std::string(names.status().message()));
    std::string error;
    supervisor_ =
        recorder::Supervisor::Start([&names](const recorder::RecordedProcess::Identity& process,
                                             std::size_t) { return names->Next(process.pid); },
                                    error);
    if (supervisor_ == nullptr) return Complain(error);
    if (!WriteAll(kAddressDescriptor, absl::StrCat(supervisor_->address(), "\n")).ok()) {
      return Complain("attend: it is started by the runtime of a program that runs alone");
    }
    close(kAddressDescriptor);
    const Clock::time_point start = Clock::now();
    while (!watched_.empty() ? !AllOver() : Clock::now() - start < kFirstGrace) Tick();
    watched_.clear();
    return 0;
  }

 private:
  struct Watched {
    std::unique_ptr<ProcessWatch> watch;
    bool reported = false;
    std::optional<Clock::time_point> kill_at;  // it hangs, and has been told so
  };

  absl::Status Prepare() {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // a file that gets too large is an error like any other
    // The program has said already what is wrong with them.
    recorder::Options options;
    if (const char* text = std::getenv("GORDIAN_OPTIONS")) recorder::ParseOptions(text, options);
    if (absl::Status status = report_options_.Check(options); !status.ok()) return status;
    settings_.limits = report_options_.limits();
    settings_.max_size = options.max_size;
    settings_.on_deadlock = [this](detector::Pipeline& pipeline,
                                   std::vector<detector::Finding> findings) {
      AnnounceDeadlock(report_options_, announcing_, pipeline, std::move(findings));
    };
    return absl::OkStatus();
  }

  bool AllOver() const {
    return std::ranges::all_of(watched_,
                               [](const Watched& watched) {
                                 return watched.reported && watched.watch->process().finished();
                               }) &&
           watched_.size() == supervisor_->processes().size();
  }

  void Tick() {
    std::vector<pollfd> descriptors;
    supervisor_->Watch(descriptors);
    poll(descriptors.data(), descriptors.size(), kTickMs);
    supervisor_->Handle(descriptors);
    for (std::size_t i = watched_.size(); i < supervisor_->processes().size(); ++i) {
      watched_.push_back(
          {.watch = std::make_unique<ProcessWatch>(supervisor_->processes()[i], settings_)});
    }
    for (Watched& watched : watched_) Look(watched, Clock::now());
  }

  void Look(Watched& watched, Clock::time_point now) {
    recorder::RecordedProcess& process = watched.watch->process();
    if (const std::string text = process.TakeText(); !text.empty()) {
      WriteAll(STDERR_FILENO, WithPlaces(text)).IgnoreError();
    }
    if (watched.reported) {
      if (watched.kill_at && now >= *watched.kill_at) kill(process.identity().pid, SIGKILL);
      if (watched.kill_at && now >= *watched.kill_at) watched.kill_at.reset();
      return;
    }
    if (process.finished() || process.AsksVerdict()) {
      Conclude(watched, /*hangs=*/false);
      return;
    }
    watched.watch->Tick(now);
    if (!watched.watch->IsStuck(now)) return;
    Conclude(watched, /*hangs=*/true);
    watched.kill_at = now + kOwnGrace;
  }

  // Reports what there is to report of the process, and tells it what to end with.
  void Conclude(Watched& watched, bool hangs) {
    recorder::RecordedProcess& process = watched.watch->process();
    process.Finish();
    watched.watch->Finish();
    watched.reported = true;
    std::vector<std::string> gaps;
    if (!process.write_error().empty()) gaps.push_back(process.write_error());
    if (!watched.watch->status().ok()) {
      gaps.emplace_back(std::string(watched.watch->status().message()));
    }
    detector::Report report;
    if (hangs) report.program = detector::ProgramEnd{.by_gordian = true, .hung = true};
    report.traces.push_back(ReportOf(*watched.watch, trace_.empty() ? "" : process.trace_path(),
                                     std::move(gaps), report_options_.allow(), symbolizer_));
    std::optional<int> verdict;
    if (IsNews(report.traces.front())) {
      const absl::StatusOr<int> status = report_options_.Finish(report, STDERR_FILENO);
      if (status.ok() && report.outcome == detector::Outcome::kFindings) verdict = *status;
    }
    if (hangs && !verdict) verdict = report_options_.exit_code();
    process.TellVerdict(verdict);
  }

  // Measures alone are none.
  static bool IsNews(const detector::TraceReport& trace) {
    return !trace.facts.complete ||
           std::ranges::any_of(trace.findings, [](const detector::Finding& finding) {
             return finding.verdict != detector::Verdict::kInfo;
           });
  }

  ReportOptions report_options_;
  std::string trace_;
  WatchSettings settings_;
  std::mutex announcing_;
  detector::Symbolizer symbolizer_;
  std::unique_ptr<recorder::Supervisor> supervisor_;
  std::vector<Watched> watched_;
};

}  // namespace

std::unique_ptr<Command> MakeAttend() { return std::make_unique<Attend>(); }

}  // namespace gordian::tools
