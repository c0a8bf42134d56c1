#include "gordian/cond.h"

#include "gordian/internal/fatal.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"
#include "instrument/schedule/point.h"

namespace gordian {

using internal::CallSite;
using internal::Recording;
using internal::Waiter;
using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

bool Cond::IsLocked() const {
  if (side_ == Side::kMutex) return static_cast<const Mutex*>(locker_)->IsLocked();
  const auto* mutex = static_cast<const RWMutex*>(locker_);
  const std::uint64_t held = side_ == Side::kWrite ? RWMutex::kWriter : RWMutex::kReaders;
  return (mutex->state_.load(std::memory_order_relaxed) & held) != 0;
}

void Cond::LockLocker(CallSite site) {
  if (side_ == Side::kMutex) {
    schedule::Point(schedule::Op::kLock, locker_);
    static_cast<Mutex*>(locker_)->LockSlow(site);
  } else if (side_ == Side::kWrite) {
    static_cast<RWMutex*>(locker_)->LockAt(site);
  } else {
    static_cast<RWMutex*>(locker_)->RLockAt(site);
  }
}

void Cond::UnlockLocker(CallSite site) {
  if (side_ == Side::kMutex) {
    schedule::Point(schedule::Op::kUnlock, locker_);
    static_cast<Mutex*>(locker_)->UnlockSlow(site);
  } else if (side_ == Side::kWrite) {
    static_cast<RWMutex*>(locker_)->UnlockAt(site);
  } else {
    static_cast<RWMutex*>(locker_)->RUnlockAt(site);
  }
}

recorder::Tracked& Cond::LockerIn(ThreadLog& log) {
  if (side_ == Side::kMutex) {
    return static_cast<Mutex*>(locker_)->origin_.In(log, ObjectKind::kMutex);
  }
  auto* mutex = static_cast<RWMutex*>(locker_);
  mutex->Recorded();
  return mutex->origin_.tracked();
}

void Cond::Wait(std::source_location at) {
  schedule::Point(schedule::Op::kCondWait, this);
  ThreadLog* log = Recording();
  if (!IsLocked()) {
    if (log != nullptr) {
      const auto what = static_cast<std::uint64_t>(trace::MisuseKind::kCondWithoutLock);
      recorder::Observed(*log, origin_.In(*log, ObjectKind::kCond), EventType::kMisuse,
                         log->Site(at), {.operands = {what}});
    }
    internal::Fatal("Cond::Wait without its lock");
  }
  std::atomic<std::uint32_t> claimed{0};
  Waiter self(internal::CurrentTask());
  self.to = "be signalled by a Cond";
  self.on = origin_.name();
  self.at = at;
  self.claimed = &claimed;  // it parks only after the locker is unlocked, without lock_
  lock_.Lock();
  queue_.PushBack(self);
  has_waiters_.store(true, std::memory_order_seq_cst);
  if (log != nullptr) {
    const trace::ObjectId locker = LockerIn(*log).id.load(std::memory_order_relaxed);
    self.site = log->Site(at);
    recorder::Time(*log);
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kCond), EventType::kCondWait,
                          self.site, {.operands = {locker}});
  }
  lock_.Unlock();
  UnlockLocker(at);
  try {
    internal::Park(self, nullptr);
  } catch (...) {
    lock_.Lock();
    queue_.Remove(self);
    lock_.Unlock();
    internal::RecordUnwound(origin_.tracked());
    throw;
  }
  LockLocker(at);
}

void Cond::RecordWake(ThreadLog& log, Waiter& waiter) {
  recorder::OrderedWide(log, origin_.tracked(), EventType::kCondWake, waiter.site,
                        {.for_task = internal::IdOf(*waiter.task)});
}

void Cond::Signal(std::source_location at) {
  schedule::Point(schedule::Op::kCondSignal, this);
  ThreadLog* log = Recording();
  if (log == nullptr && !has_waiters_.load(std::memory_order_seq_cst)) return;
  lock_.Lock();
  Waiter* waiter = queue_.PopFrontClaimed();
  if (queue_.empty()) has_waiters_.store(false, std::memory_order_relaxed);
  if (log != nullptr) {
    const std::uint64_t woken = waiter != nullptr ? 1 : 0;
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kCond), EventType::kCondSignal,
                          log->Site(at), {.operands = {woken}});
    if (waiter != nullptr) RecordWake(*log, *waiter);
  }
  lock_.Unlock();
  if (waiter != nullptr) internal::Wake(*waiter);
}

void Cond::Broadcast(std::source_location at) {
  schedule::Point(schedule::Op::kCondBroadcast, this);
  ThreadLog* log = Recording();
  if (log == nullptr && !has_waiters_.load(std::memory_order_seq_cst)) return;
  lock_.Lock();
  Waiter* first = nullptr;
  Waiter** last = &first;
  std::uint64_t count = 0;
  while (Waiter* waiter = queue_.PopFrontClaimed()) {
    waiter->next = nullptr;
    *last = waiter;
    last = &waiter->next;
    ++count;
  }
  has_waiters_.store(false, std::memory_order_relaxed);
  if (log != nullptr) {
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kCond), EventType::kCondBroadcast,
                          log->Site(at), {.operands = {count}});
    for (Waiter* waiter = first; waiter != nullptr; waiter = waiter->next) {
      RecordWake(*log, *waiter);
    }
  }
  lock_.Unlock();
  while (first != nullptr) {
    Waiter* waiter = first;
    first = first->next;
    internal::Wake(*waiter);
  }
}

}  // namespace gordian
