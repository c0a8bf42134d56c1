#include "detector/analysis/starvation_scheduler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

constexpr std::size_t kNamed = 3;

std::string Milliseconds(std::uint64_t ns) { return absl::StrCat(ns / 1'000'000, " ms"); }

}  // namespace

EventSet StarvationScheduler::wants() const {
  return Events({EventType::kTaskRun, EventType::kTaskStop, EventType::kTaskEnd});
}

void StarvationScheduler::Stop(trace::StreamId stream, std::uint64_t now) {
  const auto found = current_.find(stream);
  if (found == current_.end()) return;
  Stretch& stretch = stretches_[found->second];
  if (stretch.to == 0) stretch.to = now;
  current_.erase(found);
}

void StarvationScheduler::Judge(TaskId id, std::uint64_t now, bool at_last, const Model& model) {
  const TaskInfo& task = model.Task(id);
  if (task.kind == trace::TaskKind::kThread || task.ready_since == 0) return;
  if (now < task.ready_since + limits_.starved_ns) return;
  absl::flat_hash_map<TaskId, std::uint64_t> ran;
  std::uint64_t in_all = 0;
  for (const Stretch& stretch : stretches_) {
    if (stretch.task == 0 || stretch.task == id) continue;
    const std::uint64_t from = std::max(stretch.from, task.ready_since);
    const std::uint64_t to = stretch.to == 0 ? now : std::min(stretch.to, now);
    if (to <= from) continue;
    ran[stretch.task] += to - from;
    in_all += to - from;
  }
  // Where nobody ran, it was the machine that stood still.
  if (in_all < limits_.starved_ns / 2 || !known_.insert(task.spawned_at).second) return;

  const std::string name = Quoted(model, id);
  const std::string waited = Milliseconds(now - task.ready_since);
  Finding finding;
  finding.rule = "starvation.scheduler";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, task.id);
  finding.title = absl::StrCat(name, " could run and was not run for ", waited);
  finding.summary = absl::StrCat(finding.title, at_last ? ", to the end" : "",
                                 ", while other goroutines of the same scheduler ran.");
  TaskPart part = DescribeTask(model, id);
  part.what = absl::StrCat("was runnable for ", waited);
  finding.tasks = {std::move(part)};
  std::vector<std::pair<std::uint64_t, TaskId>> by;
  for (const auto& [other, ns] : ran) by.emplace_back(ns, other);
  std::ranges::sort(by, std::greater<>());
  if (by.size() > kNamed) by.resize(kNamed);
  std::vector<std::string> names;
  for (const auto& [ns, other] : by) {
    names.push_back(absl::StrCat(Quoted(model, other), " (", Milliseconds(ns), ")"));
    TaskPart hog = DescribeTask(model, other);
    hog.what = absl::StrCat("ran for ", Milliseconds(ns), " meanwhile");
    finding.tasks.push_back(std::move(hog));
  }
  finding.reasons = {absl::StrCat("Meanwhile ran ", Enumerate(names),
                                  ": goroutines give way only where they synchronise")};
  finding.advice = {
      "Call gordian::Gosched() in the long computation, split it, give it a thread of its own, or "
      "raise GoMaxProcs"};
  finding.identity = {"scheduler"};
  finding.identity_sites = {task.spawned_at};
  findings_.push_back(std::move(finding));
}

void StarvationScheduler::On(const Event& event, const Model& model) {
  if (event.type != EventType::kTaskRun) {
    return Stop(event.stream, event.type == EventType::kTaskStop ? event.args[0] : event.time);
  }
  const std::uint64_t now = event.args[1];
  Stop(event.stream, now);
  Judge(event.subject, now, false, model);
  if (model.Task(event.subject).kind == trace::TaskKind::kThread) return;
  stretches_[next_] = {event.subject, now, 0};
  current_[event.stream] = next_;
  next_ = (next_ + 1) % stretches_.size();
}

std::vector<Finding> StarvationScheduler::AtCut(const Cut& cut, const Model& model) {
  for (const TaskId id : model.open_tasks()) {
    if (!model.Task(id).ended && !cut.Explained(id)) Judge(id, model.now(), true, model);
  }
  return std::exchange(findings_, {});
}

}  // namespace gordian::detector
