#include "lib/inprocess/session.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "detector/pipeline/pipeline.h"
#include "detector/report/report.h"
#include "detector/report/text.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/recorder/recorder.h"
#include "instrument/recorder/session.h"
#include "lib/inprocess/tasks_text.h"

namespace gordian::inprocess {

using detector::Finding;

namespace {

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

  void Complain(const absl::Status& status) {
    if (status.ok() || complained) return;
    complained = true;
    std::fprintf(stderr, "gordian: the recording is damaged, findings may be missing: %s\n",
                 status.ToString().c_str());
  }

  mutable std::mutex mutex;
  recorder::MemorySink sink;
  detector::Pipeline pipeline;
  detector::Symbolizer symbolizer;
  std::uint32_t tests = 0;
  bool complained = false;
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

std::vector<Finding> Failing(std::vector<Finding> findings) {
  std::erase_if(findings, [](const Finding& finding) {
    return finding.verdict < detector::Verdict::kPredicted;
  });
  return findings;
}

}  // namespace gordian::inprocess
