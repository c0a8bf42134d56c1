#include "lib/inprocess/session.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "detector/pipeline/pipeline.h"
#include "detector/report/allow_list.h"
#include "detector/report/fail_policy.h"
#include "detector/report/fingerprint.h"
#include "detector/report/report.h"
#include "detector/report/suppressions.h"
#include "detector/report/text.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/recorder/options.h"
#include "instrument/recorder/own_mutex.h"
#include "instrument/recorder/recorder.h"
#include "instrument/recorder/session.h"
#include "lib/inprocess/tasks_text.h"

namespace gordian::inprocess {

using detector::Finding;

namespace {

detector::Limits LimitsOf(const recorder::Options& options) {
  return {.overtaken = static_cast<std::uint32_t>(options.starvation_count),
          .starved_ns = static_cast<std::uint64_t>(options.starvation_time.count()),
          .livelock_rounds = static_cast<std::uint32_t>(options.livelock_count),
          .spin_rounds = static_cast<std::uint32_t>(options.spin_count)};
}

detector::FailPolicy PolicyOf(const recorder::Options& options) {
  absl::StatusOr<detector::FailPolicy> policy = detector::FailPolicy::Parse(options.fail_on);
  if (policy.ok()) return *std::move(policy);
  std::fprintf(stderr, "gordian: GORDIAN_OPTIONS: fail_on: %s\n",
               std::string(policy.status().message()).c_str());
  return {};
}

detector::TextStyle Style() {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  return {.color = !plain && isatty(STDOUT_FILENO) != 0};
}

}  // namespace

struct Session::State {
  // Hands what is new to the pipeline. A damaged stream is our own fault, so it is said.
  void Read() {
    sink.Drain([this](trace::StreamId stream, std::span<const std::uint64_t> words) {
      Complain(pipeline.Feed(stream, words));
    });
  }

  void RemoveAllowed(std::vector<Finding>& findings) {
    detector::Suppressions suppressions(pipeline.suppressions());
    if (!allow.Concerns(findings) && suppressions.empty()) return;
    pipeline.sites().Resolve(symbolizer);
    allow.Remove(findings, pipeline.sites(),
                 [&](trace::TaskId task) { return pipeline.model().TaskName(task); });
    suppressions.Remove(findings, pipeline.sites());
  }

  void Complain(const absl::Status& status) {
    if (status.ok() || complained) return;
    complained = true;
    std::fprintf(stderr, "gordian: the recording is damaged, findings may be missing: %s\n",
                 status.ToString().c_str());
  }

  mutable recorder::OwnMutex mutex;
  recorder::MemorySink sink;
  detector::Pipeline pipeline{LimitsOf(recorder::ProcessOptions())};
  const detector::FailPolicy policy = PolicyOf(recorder::ProcessOptions());
  detector::AllowList allow{recorder::ProcessOptions().allow};
  detector::Symbolizer symbolizer;
  std::uint32_t tests = 0;
  bool complained = false;
  std::unordered_set<std::string> told;  // fingerprints of what was only suspected
};

Session& Session::Get() {
  static Session& session = *new Session;
  return session;
}

Session::Session() : state_(new State), judging_(recorder::Start(&state_->sink)) {
  state_->pipeline.NameWith(state_->symbolizer);
}

std::uint32_t Session::BeginTest(std::string_view name) {
  const std::uint32_t test = ++state_->tests;
  recorder::LocalText(recorder::Log(), trace::EventType::kTestBegin, test, 0, name);
  return test;
}

void Session::EndTest(std::uint32_t test) {
  recorder::Local(recorder::Log(), trace::EventType::kTestEnd, test, 0);
}

std::vector<Finding> Session::Judge(detector::CutKind kind, std::uint32_t test) {
  if (!judging_) return {};
  recorder::Time(recorder::Log());  // what still waits has waited until now
  std::lock_guard lock(state_->mutex);
  // Twice: what one thread wrote before another one did, and after its own buffer was read,
  // comes with the second round.
  state_->Read();
  state_->Read();
  absl::StatusOr<std::vector<Finding>> findings = state_->pipeline.Judge(kind, test);
  state_->Complain(findings.status());
  return findings.ok() ? *std::move(findings) : std::vector<Finding>{};
}

std::vector<Finding> Session::LookForDeadlocks() {
  if (!judging_) return {};
  std::lock_guard lock(state_->mutex);
  state_->Read();
  state_->pipeline.NameObjects();
  bool pending = false;
  return state_->pipeline.LookForDeadlocks(pending);
}

std::uint64_t Session::WaitOf(trace::TaskId task) const {
  std::lock_guard lock(state_->mutex);
  const detector::Wait& wait = state_->pipeline.model().Task(task).wait;
  return wait.timed || wait.kind == detector::WaitKind::kSleep ? 0 : wait.seq;
}

std::vector<Finding> Session::Failing(std::vector<Finding> findings) {
  std::erase_if(findings,
                [this](const Finding& finding) { return !state_->policy.Fails(finding); });
  std::lock_guard lock(state_->mutex);
  state_->RemoveAllowed(findings);
  return findings;
}

std::string Session::TellSuspected(std::vector<Finding> findings) {
  std::erase_if(findings, [this](const Finding& finding) {
    return finding.verdict != detector::Verdict::kSuspected || state_->policy.Fails(finding);
  });
  if (findings.empty()) return "";
  {
    std::lock_guard lock(state_->mutex);
    state_->RemoveAllowed(findings);
    detector::SiteTable& sites = state_->pipeline.sites();
    sites.Resolve(state_->symbolizer);
    std::erase_if(findings, [&](const Finding& finding) {
      return !state_->told.insert(detector::Fingerprint(finding, sites)).second;
    });
  }
  return findings.empty() ? "" : Report(findings);
}

std::vector<std::string> Session::UnusedPatterns() const {
  std::lock_guard lock(state_->mutex);
  std::vector<std::string> unused;
  for (const detector::AllowList::Pattern& pattern : state_->allow.patterns()) {
    if (pattern.tasks == 0) unused.push_back(pattern.text);
  }
  return unused;
}

bool Session::SpawnedIn(trace::TaskId task, std::uint32_t test) const {
  std::lock_guard lock(state_->mutex);
  return state_->pipeline.model().Task(task).test == test;
}

std::string Session::Tasks() const {
  std::lock_guard lock(state_->mutex);
  state_->pipeline.sites().Resolve(state_->symbolizer);
  return TasksText(state_->pipeline.model(), state_->pipeline.sites(), Style());
}

std::string Session::Report(const std::vector<Finding>& findings) const {
  std::lock_guard lock(state_->mutex);
  state_->pipeline.sites().Resolve(state_->symbolizer);
  detector::Report report;
  detector::TraceReport& trace = report.traces.emplace_back();
  trace.findings = findings;
  trace.sites = state_->pipeline.sites();
  const detector::Model& model = state_->pipeline.model();
  trace.facts = {.command = trace.sites.command(),
                 .events = model.events(),
                 .tasks = model.task_count(),
                 .objects = model.object_count(),
                 .dropped = model.losses()};
  report.outcome = detector::Outcome::kFindings;
  return detector::ToText(report, Style());
}

}  // namespace gordian::inprocess
