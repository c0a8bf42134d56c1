#include "detector/analysis/leak.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace gordian::detector {

using trace::TaskKind;

namespace {

// A thread that waits for what main had in its hands: the end of the program came between.
bool MainCouldHaveServed(const Model& model, const TaskInfo& task) {
  constexpr TaskId kMain = 1;
  const Need need = NeedOf(model, task.id);
  if (std::ranges::find(need.tasks, kMain) != need.tasks.end()) return true;
  return std::ranges::any_of(need.objects, [&](ObjectId id) {
    const ObjectInfo& object = model.Object(id);
    return object.kind == trace::ObjectKind::kCustom ||
           std::ranges::find(object.users, kMain) != object.users.end();
  });
}

}  // namespace

void Leak::On(const trace::Event& event, const Model&) {
  ended_ = static_cast<trace::ProcessEndReason>(event.args[0]);
  ender_ = event.task;
}

// Whether this task is a leak at this cut, and of which sort.
bool Leak::Judge(TaskId id, const Cut& cut, const Stuck& stuck, Leaked& leaked) const {
  const TaskInfo& task = stuck.model().Task(id);
  if (id == 1 || id == ender_ || task.frozen || task.kind == TaskKind::kInternal ||
      cut.Explained(id))
    return false;
  if (task.spawned_seq == 0 && !task.started) return false;
  // Fibers that nobody switches to any more are how programs with fibers end.
  if (task.kind == TaskKind::kFiber && !task.wait) return false;
  // A trace that does not say how its program ended does not say that tasks were left behind.
  const bool program_ended = cut.kind == CutKind::kProgramEnd && ended_.has_value();
  const bool program_over = program_ended && ended_ != trace::ProcessEndReason::kFatal;
  // At the end of the program its tests are over, and who is still there was left by his; but not
  // the test in whose midst it ended.
  const bool test_over =
      (cut.kind == CutKind::kTestEnd && task.test == cut.test_id) ||
      (program_ended && task.test != 0 && task.test != stuck.model().current_test());
  const bool returned = program_over && ended_ != trace::ProcessEndReason::kExit;
  leaked.at_test_end = test_over;
  leaked.verdict = Verdict::kConfirmed;
  if (task.ended) {
    leaked.state = LeakState::kNotJoined;
    return task.kind == TaskKind::kThread && task.spawned_seq != 0 && !task.joined &&
           !task.detached && (test_over || returned);
  }
  if (cut.kind == CutKind::kTestEnd && !test_over) return false;
  // Threads that wait for their next work when main leaves are how pools end.
  const bool left = program_over && !test_over && task.kind == TaskKind::kThread && task.wait &&
                    MainCouldHaveServed(stuck.model(), task);
  if (stuck.ForEver(id) && !left) {
    leaked.state = LeakState::kBlockedForEver;
    return true;
  }
  leaked.state = task.wait ? LeakState::kBlocked : LeakState::kRunning;
  if (!test_over) leaked.verdict = Verdict::kSuspected;
  return test_over || program_over;
}

std::vector<Finding> Leak::AtCut(const Cut& cut, const Model& model) {
  const Stuck stuck(model, cut);
  // Where nothing can run at all, that is the finding, and whatever keeps it from running.
  if (stuck.Everything()) return {};
  using Alike = std::tuple<TaskKind, LeakState, SiteId, WaitKind, SiteId>;
  std::map<Alike, Leaked> groups;
  for (const TaskId id : model.open_tasks()) {
    Leaked leaked;
    if (!Judge(id, cut, stuck, leaked) || !reported_.insert(id).second) continue;
    const TaskInfo& task = model.Task(id);
    const Alike alike{task.kind, leaked.state, task.spawned_at, task.wait.kind,
                      task.wait ? task.wait.site : 0};
    const auto [group, is_new] = groups.try_emplace(alike, std::move(leaked));
    group->second.tasks.push_back(id);
  }
  std::vector<Finding> findings;
  for (const auto& [alike, leaked] : groups) findings.push_back(DescribeLeak(leaked, stuck));
  return findings;
}

}  // namespace gordian::detector
