#include "gordian/wait_group.h"

#include <sched.h>

#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/panic.h"

namespace gordian {

using internal::Recording;
using internal::Waiter;
using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

std::int64_t WaitGroup::LockQueue(std::int64_t step) {
  std::int64_t state = state_.load(std::memory_order_relaxed);
  for (int spins = 1;; ++spins) {
    const std::int64_t after = (state + step) | kLock;
    if ((state & kLock) == 0 &&
        state_.compare_exchange_weak(state, after, std::memory_order_acq_rel)) {
      return after;
    }
    if (spins % 64 == 0) sched_yield();
    state = state_.load(std::memory_order_relaxed);
  }
}

void WaitGroup::Negative(const std::source_location& at) {
  if (ThreadLog* log = Recording()) {
    const auto what = static_cast<std::uint64_t>(trace::MisuseKind::kWaitGroupNegative);
    recorder::Observed(*log, origin_.In(*log, ObjectKind::kWaitGroup), EventType::kMisuse,
                       log->Site(at), {.operands = {what}});
  }
  throw Panic("negative WaitGroup counter", at);
}

void WaitGroup::Release(ThreadLog* log) {
  Waiter* first = nullptr;
  while (Waiter* waiter = queue_.PopFrontClaimed()) {
    if (log != nullptr) {
      recorder::Observed(*log, origin_.tracked(), EventType::kWaitGroupWait, waiter->site,
                         {.for_task = internal::IdOf(*waiter->task)});
    }
    waiter->next = first;
    first = waiter;
  }
  UnlockQueue(kWaiting);
  while (first != nullptr) {
    Waiter* waiter = first;
    first = first->next;
    internal::Wake(*waiter);
  }
}

void WaitGroup::Settle(std::int64_t after, int delta, const std::source_location& at) {
  if (after < 0) {
    state_.fetch_sub(delta * kOne);
    Negative(at);
  }
  if ((after & kWaiting) == 0) return;
  LockQueue();
  Release(nullptr);
}

void WaitGroup::AddRecorded(int delta, const std::source_location& at) {
  ThreadLog* log = Recording();
  const std::int64_t step = delta * kOne;
  const std::int64_t after = LockQueue(step);
  if (after < 0) {
    state_.fetch_sub(step);
    UnlockQueue(0);
    Negative(at);
  }
  if (log != nullptr) {
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kWaitGroup), EventType::kWaitGroupAdd,
                          log->Site(at),
                          {.operands = {static_cast<std::uint64_t>(std::int64_t{delta}),
                                        static_cast<std::uint64_t>(after / kOne)}});
  }
  if (after >= kOne || (after & kWaiting) == 0) return UnlockQueue(0);
  Release(log);
}

void WaitGroup::RecordWait(const std::source_location& at) {
  ThreadLog* log = Recording();
  if (log == nullptr) return;
  recorder::Observed(*log, origin_.In(*log, ObjectKind::kWaitGroup), EventType::kWaitGroupWait,
                     log->Site(at));
}

void WaitGroup::Wait(std::source_location at) {
  schedule::Point(schedule::Op::kWaitGroupWait, this);
  if (state_.load(std::memory_order_acquire) == 0) return RecordWait(at);
  std::atomic<std::uint32_t> claimed{0};
  Waiter self(internal::CurrentTask());
  self.to = "see a WaitGroup done";
  self.on = origin_.name();
  self.at = at;
  self.claimed = &claimed;  // it parks without the queue's lock
  ThreadLog* log = Recording();
  if (log != nullptr) {
    self.site = log->Site(at);
    origin_.In(*log, ObjectKind::kWaitGroup);
  }
  LockQueue();
  const std::int64_t before = state_.fetch_or(kWaiting, std::memory_order_acq_rel);
  if (before < kOne && (before & kWaiting) == 0) {
    // It reached zero before anybody waited: no Done will come back to look.
    UnlockQueue(kWaiting);
    return RecordWait(at);
  }
  if (log != nullptr) {
    recorder::Time(*log);
    recorder::Observed(*log, origin_.tracked(), EventType::kWaitGroupRequest, self.site);
  }
  queue_.PushBack(self);
  UnlockQueue(0);
  try {
    internal::Park(self, nullptr);
  } catch (...) {
    LockQueue();
    queue_.Remove(self);
    UnlockQueue(0);
    internal::RecordUnwound(origin_.tracked());
    throw;
  }
}

void WaitGroup::Go(Spawned f) { Go({}, std::move(f)); }

void WaitGroup::Go(std::string_view name, Spawned f) {
  Add(1, f.location);
  internal::Spawn(
      [this, body = std::move(f.body), at = f.location]() mutable {
        body();
        Done(at);
      },
      name, f.location);
}

}  // namespace gordian
