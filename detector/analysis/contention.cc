#include "detector/analysis/contention.h"

#include <algorithm>
#include <tuple>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

EventSet Contention::wants() const {
  return Events({EventType::kLock, EventType::kRLock, EventType::kUnlock, EventType::kRUnlock,
                 EventType::kLockRequest, EventType::kRLockRequest, EventType::kObjectEnd});
}

namespace {

// Who has had little of a lock that thousands use is not told of.
void KeepTheLargest(LockMeasure& lock) {
  constexpr std::size_t kMost = 2'048, kKept = 1'024;
  if (lock.shares.size() < kMost) return;
  const auto larger = [](const LockShare& a, const LockShare& b) {
    return std::tie(a.held_ns, a.acquisitions) > std::tie(b.held_ns, b.acquisitions);
  };
  std::ranges::nth_element(lock.shares, lock.shares.begin() + kKept, larger);
  lock.shares.resize(kKept);
  lock.share_of.clear();
  for (std::size_t i = 0; i < kKept; ++i) lock.share_of[lock.shares[i].task] = i;
}

}  // namespace

LockShare& Contention::ShareOf(LockMeasure& lock, TaskId task) {
  if (lock.last_share < lock.shares.size() && lock.shares[lock.last_share].task == task) {
    return lock.shares[lock.last_share];
  }
  KeepTheLargest(lock);
  const auto [found, is_new] = lock.share_of.try_emplace(task, lock.shares.size());
  if (is_new) lock.shares.push_back({task});
  lock.last_share = found->second;
  return lock.shares[found->second];
}

void Contention::Acquire(const Event& event, LockMeasure& lock, const Model& model) {
  ++lock.acquisitions;
  if (lock.longest_queue == 0) return;
  LockShare& share = ShareOf(lock, event.task);
  ++share.acquisitions;
  const Wait& wait = model.Task(event.task).wait;
  if (wait.object != event.subject) {
    lock.convoy = 0;
    return;
  }
  ++lock.contended;
  const std::uint64_t waited = event.time > wait.time ? event.time - wait.time : 0;
  lock.waited_ns += waited;
  share.waited_ns += waited;
  if (waited >= lock.longest_wait_ns) {
    lock.longest_wait_ns = waited;
    lock.longest_waiter = event.task;
    lock.longest_wait_site = wait.site;
  }
  lock.convoy = model.Object(event.subject).waiters.size() > 1 ? lock.convoy + 1 : 0;
  lock.longest_convoy = std::max(lock.longest_convoy, lock.convoy);
}

void Contention::Release(const Event& event, LockMeasure& lock, const Model& model) {
  if (lock.longest_queue == 0) return;
  const std::vector<Hold>& held = model.Task(event.task).held;
  const auto hold = std::find_if(held.rbegin(), held.rend(),
                                 [&](const Hold& h) { return h.object == event.subject; });
  if (hold == held.rend() || event.time <= hold->time) return;
  const std::uint64_t lasted = event.time - hold->time;
  lock.held_ns += lasted;
  ShareOf(lock, event.task).held_ns += lasted;
  if (lasted > lock.longest_hold_ns && !model.Object(event.subject).waiters.empty()) {
    lock.longest_hold_ns = lasted;
    lock.longest_holder = event.task;
    lock.longest_hold_site = hold->site;
  }
}

// Of a lock that nobody has waited for there is nothing to tell.
void Contention::End(ObjectId object) {
  const LockMeasure* lock = locks_.Find(object);
  if (lock != nullptr && lock->longest_queue == 0) locks_.Forget(object);
}

void Contention::On(const Event& event, const Model& model) {
  if (event.type == EventType::kObjectEnd) return End(event.subject);
  LockMeasure* lock = locks_.At(event.subject);
  if (lock == nullptr) return;
  switch (event.type) {
    case EventType::kLock:
    case EventType::kRLock:
      return Acquire(event, *lock, model);
    case EventType::kUnlock:
    case EventType::kRUnlock:
      return Release(event, *lock, model);
    default:
      lock->longest_queue =
          std::max(lock->longest_queue, model.Object(event.subject).waiters.size() + 1);
  }
}

std::vector<Finding> Contention::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  const bool at_end = cut.kind == CutKind::kProgramEnd || cut.kind == CutKind::kTruncated;
  if (!at_end || reported_) return findings;
  reported_ = true;
  for (ObjectId id = 1; id <= locks_.last(); ++id) {
    const LockMeasure* lock = locks_.Find(id);
    if (lock != nullptr && lock->contended > 0) {
      DescribeContention(id, *lock, limits_, model, findings);
    }
  }
  return findings;
}

}  // namespace gordian::detector
