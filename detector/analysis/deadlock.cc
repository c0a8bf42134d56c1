#include "detector/analysis/deadlock.h"

#include <algorithm>
#include <utility>

namespace gordian::detector {

namespace {

// A Once that waits for itself is reported as that: misuse.once-recursive.
bool IsRecursiveOnce(const DeadlockCore& core, const Model& model) {
  return core.cycle.size() == 1 && model.Task(core.cycle[0].waiter).wait.kind == WaitKind::kOnce;
}

// Whether a rule of its own says why this wait is never served: misuse.nil-block or
// misuse.once-recursive.
bool IsMisuse(TaskId task, const Model& model) {
  const Wait& wait = model.Task(task).wait;
  if (wait.kind == WaitKind::kNilChan) return true;
  if (wait.kind == WaitKind::kSelect) {
    return !wait.cases.empty() &&
           std::all_of(wait.cases.begin(), wait.cases.end(),
                       [](const SelectCase& choice) { return choice.channel == 0; });
  }
  if (wait.kind != WaitKind::kOnce) return false;
  const TaskQueue& runner = model.Object(wait.object).holders;
  return std::find(runner.begin(), runner.end(), task) != runner.end();
}

}  // namespace

std::vector<Finding> Deadlock::AtCut(const Cut& cut, const Model& model) {
  const Stuck stuck(model, cut);
  std::vector<DeadlockCore> cores = FindDeadlocks(stuck);
  const auto explained = [&](TaskId task) { return cut.Explained(task); };
  std::erase_if(cores, [&](const DeadlockCore& core) {
    return std::all_of(core.members.begin(), core.members.end(), explained);
  });
  const bool misuse = std::any_of(stuck.tasks().begin(), stuck.tasks().end(),
                                  [&](TaskId task) { return IsMisuse(task, model); });
  std::erase_if(cores, [&](const DeadlockCore& core) { return IsRecursiveOnce(core, model); });
  const bool all_self =
      !cores.empty() && std::all_of(cores.begin(), cores.end(),
                                    [&](const DeadlockCore& core) { return core.IsSelf(model); });
  // Who could have signalled did, too early: that went wrong, not that he now waits for the waiter.
  std::erase_if(cores, [&](const DeadlockCore& core) {
    return lost_ != nullptr && std::ranges::any_of(core.cycle, [&](const Link& link) {
             return model.Task(link.waiter).wait.kind == WaitKind::kCond &&
                    lost_->LostOn(link.waiter, model) != nullptr;
           });
  });
  std::vector<Finding> findings;
  const bool everything_known = std::all_of(stuck.tasks().begin(), stuck.tasks().end(), explained);
  if (stuck.Everything() && !all_self && !everything_known && !(misuse && cores.empty())) {
    findings.push_back(cores.empty() ? DescribeStandstill(stuck, lost_)
                                     : DescribeGlobal(cores, stuck, order_));
    return findings;
  }
  for (const DeadlockCore& core : cores) findings.push_back(DescribeDeadlock(core, stuck, order_));
  if (all_self && stuck.Everything()) {
    // Nothing else is wrong than that: the others wait for it, in ways that are not known.
    findings.front().explains = stuck.tasks();
  }
  return findings;
}

}  // namespace gordian::detector
