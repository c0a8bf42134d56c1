#include "detector/analysis/present_deadlock.h"

#include <algorithm>

#include "detector/analysis/deadlock.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

// Whether somebody else has used the lock and gone on.
bool HasServedAsLock(const Model& model, ObjectId lock) {
  const ObjectInfo& object = model.Object(lock);
  return std::any_of(object.users.begin(), object.users.end(), [&](TaskId user) {
    const auto among = [&](const TaskQueue& tasks) {
      return std::find(tasks.begin(), tasks.end(), user) != tasks.end();
    };
    return !among(object.holders) && !among(object.waiters);
  });
}

// Whether this link's server alone can serve it, as far as its object has shown what it is.
bool IsOwned(const Link& link, bool is_self, const Model& model) {
  if (link.kind != LinkKind::kHolds) return false;
  switch (model.Task(link.waiter).wait.kind) {
    case WaitKind::kLock:
    case WaitKind::kRLock:
      return !is_self || HasServedAsLock(model, link.object);
    case WaitKind::kOnce:
      return !is_self;  // misuse.once-recursive says so
    case WaitKind::kJoin:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<Finding> PresentDeadlock::Look(const Model& model) {
  const Cut cut{.kind = CutKind::kStandstill, .now_ns = model.now()};
  const Stuck stuck(model, cut);
  std::vector<Finding> findings;
  std::set<Waits> seen;
  pending_ = false;
  if (stuck.Everything()) return findings;
  for (const DeadlockCore& core : FindDeadlocks(stuck)) {
    const bool is_self = core.IsSelf(model);
    const bool owned = std::all_of(core.cycle.begin(), core.cycle.end(),
                                   [&](const Link& link) { return IsOwned(link, is_self, model); });
    if (!owned || reported_.contains(core.cycle.front().waiter)) continue;
    Waits waits;
    for (const Link& link : core.cycle) {
      waits.emplace_back(link.waiter, model.Task(link.waiter).wait.seq);
    }
    std::sort(waits.begin(), waits.end());
    if (seen_.contains(waits)) {
      findings.push_back(DescribeDeadlock(core, stuck, nullptr));
      ListObjects(model, findings.back());
      reported_.insert(core.members.begin(), core.members.end());
    } else {
      pending_ = true;
    }
    seen.insert(std::move(waits));
  }
  seen_ = std::move(seen);
  return findings;
}

}  // namespace gordian::detector
