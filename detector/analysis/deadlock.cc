#include "detector/analysis/deadlock.h"

#include <algorithm>
#include <utility>

namespace gordian::detector {

using trace::MisuseKind;

void Deadlock::On(const trace::Event& event, const Model&) {
  const auto what = static_cast<MisuseKind>(event.args[0]);
  if (what == MisuseKind::kOnceRecursive) recursive_once_.insert(event.task);
  if (what == MisuseKind::kNilBlock) nil_blocked_.insert(event.task);
}

// A Once that waits for itself is reported as what it is.
bool Deadlock::IsMisuse(const DeadlockCore& core) const {
  return core.cycle.size() == 1 && recursive_once_.contains(core.cycle[0].waiter);
}

std::vector<Finding> Deadlock::AtCut(const Cut& cut, const Model& model) {
  const Stuck stuck(model, cut);
  std::vector<DeadlockCore> cores = FindDeadlocks(stuck);
  const auto explained = [&](TaskId task) { return cut.Explained(task); };
  std::erase_if(cores, [&](const DeadlockCore& core) {
    return std::all_of(core.members.begin(), core.members.end(), explained);
  });
  const bool misuse =
      std::any_of(cores.begin(), cores.end(),
                  [&](const DeadlockCore& core) { return IsMisuse(core); }) ||
      std::any_of(stuck.tasks().begin(), stuck.tasks().end(), [&](TaskId task) {
        return nil_blocked_.contains(task) && model.Task(task).wait.kind == WaitKind::kNilChan;
      });
  std::erase_if(cores, [&](const DeadlockCore& core) { return IsMisuse(core); });
  const bool all_self =
      !cores.empty() && std::all_of(cores.begin(), cores.end(),
                                    [&](const DeadlockCore& core) { return core.IsSelf(model); });
  std::vector<Finding> findings;
  const bool everything_known = std::all_of(stuck.tasks().begin(), stuck.tasks().end(), explained);
  if (stuck.Everything() && !all_self && !everything_known && !(misuse && cores.empty())) {
    findings.push_back(DescribeGlobal(cores, cut, stuck));
    return findings;
  }
  for (const DeadlockCore& core : cores) findings.push_back(DescribeDeadlock(core, cut, stuck));
  if (all_self && stuck.Everything()) {
    // Nothing else is wrong than that: the others wait for it, in ways that are not known.
    findings.front().explains = stuck.tasks();
  }
  return findings;
}

}  // namespace gordian::detector
