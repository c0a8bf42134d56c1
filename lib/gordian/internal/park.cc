// Parking and waking: task.h.

#include <sched.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/exiting.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"

namespace gordian::internal {
namespace {

constexpr int kSpinsBeforeYield = 64;
constexpr std::uint32_t kAttemptsPerRecord = 64;

thread_local Task* t_current = nullptr;

// A task with a thread of its own sleeps on its park word.
void ParkThread(Task& self, SpinLock* lock) {
  if (lock != nullptr) lock->Unlock();
  std::uint32_t word = kIdle;
  if (self.park.compare_exchange_strong(word, kParked, std::memory_order_acq_rel)) {
    ActivityEnds();
    if (schedule::Controller* control = Control()) [[unlikely]] {
      control->Leave(self.turn);
      return AwaitTurn(self);
    }
    do {
      FutexWait(self.park, kParked);
      word = self.park.load(std::memory_order_acquire);
    } while (word == kParked || word == kFrozen);
  }
  self.park.store(kIdle, std::memory_order_relaxed);
}

struct WaitDeadline : TimerEntry {
  Waiter* waiter;
  std::atomic<bool> fired{false};
};

void EndWait(TimerEntry& entry) {
  auto& deadline = static_cast<WaitDeadline&>(entry);
  if (!Claim(*deadline.waiter)) return;
  deadline.fired.store(true, std::memory_order_release);
  Wake(*deadline.waiter);
}

}  // namespace

Task* CurrentTaskOrNull() {
  asm volatile("");
  return t_current;
}

void SetCurrentTask(Task* task) { t_current = task; }

Task& CurrentTask() { return t_current != nullptr ? *t_current : AdoptUnknownThread(); }

trace::TaskId IdOf(const Task& task) {
  // Given by whoever needs it first: a waker, or the task itself.
  std::atomic_ref<trace::TaskId> slot(const_cast<Task&>(task).tracked.id);
  trace::TaskId id = slot.load(std::memory_order_relaxed);
  if (id != 0) [[likely]]
    return id;
  const trace::TaskId fresh = recorder::NewTask();
  return slot.compare_exchange_strong(id, fresh) ? fresh : id;
}

bool BeginStretch(recorder::ThreadLog& log) {
  if (CurrentTaskOrNull() == nullptr && CurrentWorker() != nullptr) return false;
  Task& task = CurrentTask();
  static_cast<void>(IdOf(task));
  if (log.task() != 0) return true;
  const bool first = task.tracked.generation != recorder::CurrentGeneration();
  // Nobody spawns the library's own threads: they say themselves what they are.
  if (first && task.kind == trace::TaskKind::kInternal) {
    recorder::LocalText(log, trace::EventType::kTaskSpawn, IdOf(task), 0, "",
                        {.operands = {static_cast<std::uint64_t>(task.kind)}});
  }
  recorder::RunTask(log, task.tracked);
  if (first && task.kind == trace::TaskKind::kThread) {
    const auto tid = static_cast<std::uint64_t>(gettid());
    recorder::Local(log, trace::EventType::kTaskThread, IdOf(task), 0, {.operands = {tid}});
  }
  return true;
}

void RecordFailure(recorder::ThreadLog& log, const recorder::Tracked& object, trace::EventType type,
                   trace::SiteId site, trace::Version version) {
  FailedAttempts& last = CurrentTask().attempts;
  const trace::ObjectId id = object.id.load(std::memory_order_relaxed);
  const bool same = last.object == id && last.version == version && last.site == site;
  if (same && ++last.count < kAttemptsPerRecord) return;
  const std::uint64_t count = same ? last.count : 1;
  last = {.object = id, .version = version, .site = site, .count = 0};
  if (type == trace::EventType::kAtomicCasFail) {
    const auto order = static_cast<std::uint64_t>(std::memory_order_seq_cst);
    return recorder::ObservedAt(log, object, type, site, version, {.operands = {order, count}});
  }
  recorder::ObservedAt(log, object, type, site, version,
                       {.flags = trace::kFlagTry, .operands = {count}});
}

void SpinLock::LockSlow() {
  int spins = 0;
  const std::uint8_t held = g_fork_generation;
  do {
    while (state_.load(std::memory_order_relaxed) == held) {
      if (++spins % kSpinsBeforeYield == 0) sched_yield();
    }
  } while (state_.exchange(held, std::memory_order_acquire) == held);
}

void WaiterQueue::DropStale() {
  if (!empty()) return;
  SetHead(nullptr);
  tail_ = nullptr;
}

void WaiterQueue::PushBack(Waiter& waiter) {
  DropStale();
  waiter.queue = this;
  waiter.next = nullptr;
  waiter.prev = tail_;
  if (tail_ == nullptr) {
    SetHead(&waiter);
  } else {
    tail_->next = &waiter;
  }
  tail_ = &waiter;
}

void WaiterQueue::PushFront(Waiter& waiter) {
  DropStale();
  Waiter* const first = front();
  waiter.queue = this;
  waiter.prev = nullptr;
  waiter.next = first;
  (first == nullptr ? tail_ : first->prev) = &waiter;
  SetHead(&waiter);
}

void WaiterQueue::Remove(Waiter& waiter) {
  if (waiter.queue != this) return;
  if (waiter.prev == nullptr) {
    SetHead(waiter.next);
  } else {
    waiter.prev->next = waiter.next;
  }
  (waiter.next == nullptr ? tail_ : waiter.next->prev) = waiter.prev;
  waiter.queue = nullptr;
}

Waiter* WaiterQueue::PopFront() {
  Waiter* first = front();
  if (first != nullptr) Remove(*first);
  return first;
}

Waiter* WaiterQueue::PopFrontClaimed() {
  while (Waiter* first = PopFront()) {
    if (Claim(*first)) return first;
  }
  return nullptr;
}

void Park(Waiter& waiter, SpinLock* lock) {
  Task& self = *waiter.task;
  self.waiting_lock = lock;
  self.waits_to.store(waiter.to, std::memory_order_relaxed);
  self.waits_on.store(waiter.on, std::memory_order_relaxed);
  self.waits_at.store(waiter.at, std::memory_order_relaxed);
  self.waiting.store(&waiter, std::memory_order_release);
  const ExitWaits exit_waits(self);
  if (self.bound) {
    ParkThread(self, lock);
  } else {
    ParkGoroutine(self, lock);
  }
  self.waiting.store(nullptr, std::memory_order_relaxed);
  if (self.unwind) [[unlikely]] {
    self.unwind = false;
    self.unwinding = true;
    ThrowUnwound();
  }
}

ParkResult ParkUntil(Waiter& waiter, SpinLock* lock, absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) {
    Park(waiter, lock);
    return ParkResult::kWoken;
  }
  std::atomic<std::uint32_t> claimed{0};
  const bool own_claim = waiter.claimed == nullptr;
  if (own_claim) waiter.claimed = &claimed;
  WaitDeadline timer;
  timer.fire = EndWait;
  timer.survives_fork = false;
  timer.waiter = &waiter;
  ArmTimer(timer, DeadlineNs(deadline));
  try {
    Park(waiter, lock);
  } catch (...) {
    CancelTimerAndWait(timer);
    throw;
  }
  CancelTimerAndWait(timer);
  if (own_claim) waiter.claimed = nullptr;
  return timer.fired.load(std::memory_order_acquire) ? ParkResult::kTimeout : ParkResult::kWoken;
}

void WakeTask(Task& task) {
  if (task.park.load(std::memory_order_acquire) == kFrozen) return;
  // Read before the exchange: after it the task may go on, and change it.
  const bool bound = task.bound;
  const std::uint32_t before = task.park.exchange(kNotified, std::memory_order_acq_rel);
  if (before != kParked) return;
  if (schedule::Controller* control = Control(); control != nullptr && bound) [[unlikely]] {
    task.park.store(kIdle, std::memory_order_relaxed);
    ActivityBegins();
    control->Add(task.turn);
  } else if (bound) {
    ActivityBegins();
    FutexWake(task.park);
  } else {
    task.park.store(kIdle, std::memory_order_relaxed);
    MakeRunnable(task);
  }
}

void Wake(Waiter& waiter) {
  // A context that is cancelled in a forked child knows of its parent's waits too.
  if (waiter.generation == g_fork_generation) WakeTask(*waiter.task);
}

}  // namespace gordian::internal
