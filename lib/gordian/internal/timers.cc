#include "gordian/internal/timers.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/threads.h"

namespace gordian::internal {
namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMonitorTickNs = 1'000'000;
constexpr int kTicksPerSlice = 10;     // a goroutine may run for 10 ms
constexpr int kIdleTicksToSleep = 20;  // then the monitor stops looking

bool Earlier(const TimerEntry* a, const TimerEntry* b) {
  return std::pair(a->deadline_ns, a->order) < std::pair(b->deadline_ns, b->order);
}

// A binary heap whose entries know their positions.
class TimerHeap {
 public:
  TimerEntry* first() const { return entries_.empty() ? nullptr : entries_.front(); }

  void Push(TimerEntry& entry) {
    entry.position = entries_.size();
    entries_.push_back(&entry);
    SiftUp(entry.position);
  }

  void Remove(TimerEntry& entry) {
    const std::size_t hole = std::exchange(entry.position, TimerEntry::kNotArmed);
    TimerEntry* last = entries_.back();
    entries_.pop_back();
    if (last == &entry) return;
    Place(hole, last);
    SiftUp(hole);
    SiftDown(last->position);
  }

 private:
  void Place(std::size_t position, TimerEntry* entry) {
    entries_[position] = entry;
    entry->position = position;
  }
  void SiftUp(std::size_t at) {
    for (; at > 0; at = (at - 1) / 2) {
      TimerEntry* parent = entries_[(at - 1) / 2];
      TimerEntry* entry = entries_[at];
      if (!Earlier(entry, parent)) return;
      Place((at - 1) / 2, entry);
      Place(at, parent);
    }
  }
  void SiftDown(std::size_t at) {
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= entries_.size()) return;
      if (child + 1 < entries_.size() && Earlier(entries_[child + 1], entries_[child])) ++child;
      if (!Earlier(entries_[child], entries_[at])) return;
      TimerEntry* entry = entries_[at];
      Place(at, entries_[child]);
      Place(child, entry);
      at = child;
    }
  }

  std::vector<TimerEntry*> entries_;
};

struct Timers {
  SpinLock lock;
  // Under `lock`:
  TimerHeap heap;
  std::uint64_t armed = 0;  // ever
  std::atomic<TimerEntry*> firing{nullptr};

  SpinLock starting;
  std::atomic<bool> started{false};
  std::atomic<bool> monitor_asleep{true};
  Signal wake;
};

Timers& TheTimers() {
  static auto* timers = new Timers;
  return *timers;
}

// Fires what is due; returns the next deadline.
std::int64_t FireDue(Timers& timers) {
  for (;;) {
    timers.lock.Lock();
    TimerEntry* due = timers.heap.first();
    if (due == nullptr || due->deadline_ns > NowNs()) {
      const std::int64_t next = due == nullptr ? kForEver : due->deadline_ns;
      timers.lock.Unlock();
      return next;
    }
    timers.heap.Remove(*due);
    timers.firing.store(due, std::memory_order_relaxed);
    timers.lock.Unlock();
    due->fire(*due);
    timers.firing.store(nullptr, std::memory_order_release);
    ActivityEnds();
  }
}

void* TimerThread(void*) {
  pthread_setname_np(pthread_self(), "gordian-timers");  // by which a supervisor knows it
  Timers& timers = TheTimers();
  AdoptThread(NewThreadTask(trace::TaskKind::kInternal));
  if (schedule::Controller* control = Control()) {
    for (;;) {
      timers.wake.Wait();
      control->ClockTurn([&timers] { FireDue(timers); });
    }
  }
  int tick = 0;
  int idle_ticks = 0;
  for (;;) {
    const std::int64_t next = FireDue(timers);
    if (idle_ticks < kIdleTicksToSleep) {
      const bool busy = MonitorProcessors(++tick % kTicksPerSlice == 0);
      idle_ticks = busy ? 0 : idle_ticks + 1;
      timers.wake.WaitOnce(std::min(next, MonotonicNs() + kMonitorTickNs));
      continue;
    }
    timers.monitor_asleep.store(true, std::memory_order_seq_cst);
    if (MonitorProcessors(false)) {
      timers.monitor_asleep.store(false, std::memory_order_seq_cst);
    } else {
      timers.wake.WaitOnce(next == kForEver ? -1 : next);
    }
    if (!timers.monitor_asleep.load(std::memory_order_seq_cst)) idle_ticks = 0;
  }
}

void EnsureTimerThread(Timers& timers) {
  if (timers.started.load(std::memory_order_acquire)) return;
  timers.starting.Lock();
  if (!timers.started.load(std::memory_order_relaxed)) {
    StartInternalThread(TimerThread, nullptr);
    timers.started.store(true, std::memory_order_release);
  }
  timers.starting.Unlock();
}

}  // namespace

void LockTimers() { TheTimers().lock.Lock(); }
void UnlockTimers() { TheTimers().lock.Unlock(); }

std::int64_t ForgetTimers() {
  Timers& timers = TheTimers();
  std::vector<TimerEntry*> kept;
  while (TimerEntry* entry = timers.heap.first()) {
    timers.heap.Remove(*entry);
    if (entry->survives_fork) kept.push_back(entry);
  }
  for (TimerEntry* entry : kept) timers.heap.Push(*entry);
  timers.firing.store(nullptr);
  timers.started.store(false);
  timers.monitor_asleep.store(true);
  timers.wake.WaitOnce(0);
  timers.lock.Unlock();
  return static_cast<std::int64_t>(kept.size());
}

std::int64_t NowNs() {
  schedule::Controller* control = Control();
  return control == nullptr ? MonotonicNs() : control->Now();
}

absl::Time TimeNow() {
  schedule::Controller* control = Control();
  if (control == nullptr) return absl::Now();
  static const absl::Time began = absl::Now();
  return began + absl::Nanoseconds(control->Now());
}

std::int64_t DeadlineNs(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return kForEver;
  const absl::Duration left = deadline - TimeNow();
  if (left >= absl::Nanoseconds(kForEver - NowNs())) return kForEver;
  return NowNs() + std::max<std::int64_t>(0, absl::ToInt64Nanoseconds(left));
}

void ArmTimer(TimerEntry& entry, std::int64_t deadline_ns) {
  Timers& timers = TheTimers();
  EnsureTimerThread(timers);
  ActivityBegins();
  timers.lock.Lock();
  entry.deadline_ns = deadline_ns;
  entry.order = ++timers.armed;
  timers.heap.Push(entry);
  const bool first = timers.heap.first() == &entry;
  timers.lock.Unlock();
  if (first) timers.wake.Post();
}

bool CancelTimer(TimerEntry& entry) {
  Timers& timers = TheTimers();
  timers.lock.Lock();
  const bool armed = entry.position != TimerEntry::kNotArmed;
  if (armed) timers.heap.Remove(entry);
  timers.lock.Unlock();
  if (armed) ActivityEnds();
  return armed;
}

bool CancelTimerAndWait(TimerEntry& entry) {
  if (CancelTimer(entry)) return true;
  while (TheTimers().firing.load(std::memory_order_acquire) == &entry) sched_yield();
  return false;
}

std::int64_t NextTimerDeadline() {
  Timers& timers = TheTimers();
  timers.lock.Lock();
  const TimerEntry* first = timers.heap.first();
  const std::int64_t deadline = first == nullptr ? kForEver : first->deadline_ns;
  timers.lock.Unlock();
  return deadline;
}

void WakeTimerThread() {
  Timers& timers = TheTimers();
  EnsureTimerThread(timers);
  timers.wake.Post();
}

bool TimersPending() {
  Timers& timers = TheTimers();
  timers.lock.Lock();
  const bool pending =
      timers.heap.first() != nullptr || timers.firing.load(std::memory_order_relaxed) != nullptr;
  timers.lock.Unlock();
  return pending;
}

void WakeMonitor() {
  Timers& timers = TheTimers();
  EnsureTimerThread(timers);
  if (!timers.monitor_asleep.load(std::memory_order_seq_cst)) return;
  if (timers.monitor_asleep.exchange(false, std::memory_order_seq_cst)) timers.wake.Post();
}

}  // namespace gordian::internal
