#include "gordian/internal/freeze.h"

#include <atomic>

#include "gordian/internal/activity.h"
#include "gordian/internal/asleep.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"
#include "instrument/recorder/attach.h"

namespace gordian::internal {

std::atomic<std::int64_t> g_activity{0};

namespace {

std::atomic<void (*)()> g_on_standstill{nullptr};
std::atomic<void (*)()> g_unwinder{nullptr};

// Makes the wait that `task` is parked in its own: nobody else can complete it.
bool TakeWait(Task& task) {
  Waiter* waiter = task.waiting.load(std::memory_order_acquire);
  if (waiter == nullptr) return false;
  if (task.waiting_lock == nullptr) return Claim(*waiter);
  SpinLock& lock = *task.waiting_lock;
  lock.Lock();
  const bool mine = waiter->queue != nullptr && Claim(*waiter);
  if (mine) static_cast<WaiterQueue*>(waiter->queue)->Remove(*waiter);
  lock.Unlock();
  return mine;
}

}  // namespace

void StandsStill() {
  recorder::ReportMotion(/*stands_still=*/true);
  // Somebody may have moved before that was said, and said so too early.
  if (!StandingStill()) recorder::ReportMotion(/*stands_still=*/false);
  if (void (*callback)() = g_on_standstill.load(std::memory_order_acquire)) {
    callback();
  } else if (!recorder::Supervised()) {
    NobodyMoves();
  }
}

void MovesAgain() { recorder::ReportMotion(/*stands_still=*/false); }

void RecordUnwound(trace::ObjectId object) {
  recorder::ThreadLog* log = Recording();
  if (log == nullptr) return;
  const auto why = static_cast<std::uint64_t>(trace::WaitEndReason::kCancelled);
  recorder::Time(*log);
  recorder::Local(*log, trace::EventType::kWaitEnd, object, 0, {.operands = {why}});
}

bool StandingStill() { return g_activity.load(std::memory_order_seq_cst) == 0; }

void OnStandstill(void (*callback)()) {
  g_on_standstill.store(callback, std::memory_order_release);
}

bool IsParked(const Task& task) { return task.park.load(std::memory_order_acquire) == kParked; }

bool FreezeTask(Task& task) {
  if (!IsParked(task) || !TakeWait(task)) return false;
  std::uint32_t parked = kParked;
  if (!task.park.compare_exchange_strong(parked, kFrozen)) return false;
  task.life.store(Life::kFrozen, std::memory_order_release);
  if (recorder::ThreadLog* log = Recording()) {
    recorder::Local(*log, trace::EventType::kTaskFrozen, IdOf(task), 0);
  }
  return true;
}

void SetUnwinder(void (*thrower)()) { g_unwinder.store(thrower, std::memory_order_release); }

void ThrowUnwound() {
  // The task still waits, as far as the trace knows: it does nothing until that is over.
  const recorder::Unseen unseen;
  if (void (*thrower)() = g_unwinder.load(std::memory_order_acquire)) thrower();
  throw Unwound{};
}

bool UnwindTask(Task& task) {
  if (!IsParked(task) || !TakeWait(task)) return false;
  task.unwind = true;
  WakeTask(task);
  return true;
}

}  // namespace gordian::internal
