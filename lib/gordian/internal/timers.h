// Deadlines: a heap of timers and the thread that fires them.
//
//   struct Alarm : TimerEntry { … };
//   alarm.fire = [](TimerEntry& entry) { static_cast<Alarm&>(entry).Ring(); };
//   ArmTimer(alarm, NowNs() + 1'000'000);
//   if (!CancelTimer(alarm)) …              // fired, or is about to
//
// Times are nanoseconds on the clock of NowNs(): CLOCK_MONOTONIC natively, the policy's
// virtual clock under a controlled schedule.
//
// Locking  one mutex for the heap. Callbacks run without it, on the timer thread, a task of kind
//          kInternal: they must be short and never park; to do more they spawn a goroutine.
// Cost     O(log n) to arm and to cancel.
#ifndef GORDIAN_LIB_INTERNAL_TIMERS_H_
#define GORDIAN_LIB_INTERNAL_TIMERS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace gordian::internal {

struct TimerEntry {
  void (*fire)(TimerEntry&) = nullptr;
  std::int64_t deadline_ns = 0;
  bool survives_fork = true;  // it does nothing for a task of the process that armed it

  // The heap's own.
  std::uint64_t order = 0;  // equal deadlines fire in the order in which they were armed
  std::size_t position = kNotArmed;
  static constexpr std::size_t kNotArmed = ~std::size_t{0};
};

// The clock of timers, and as a time of day.
std::int64_t NowNs();
absl::Time TimeNow();

// The deadline on NowNs()'s clock; for ever is the largest value.
std::int64_t DeadlineNs(absl::Time deadline);

// Fires `entry` once NowNs() has reached `deadline_ns`. It must not be armed already, and must
// live until it was cancelled with success or its callback has begun.
void ArmTimer(TimerEntry& entry, std::int64_t deadline_ns);

// True when the timer was armed and now will not fire.
bool CancelTimer(TimerEntry& entry);

// The same, and where the callback is running, waits until it has returned. Not to be called
// from the callback itself.
bool CancelTimerAndWait(TimerEntry& entry);

// Whether any timer is armed or firing.
bool TimersPending();

// The earliest deadline; the largest value where there is none.
std::int64_t NextTimerDeadline();

// Under a controlled policy: it is the clock's turn.
void WakeTimerThread();

// Makes sure that the timer thread watches running goroutines.
void WakeMonitor();

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_TIMERS_H_
