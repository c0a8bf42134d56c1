// Time: Go's Sleep, After, AfterFunc, Timer and Ticker.
//
//   gordian::Timer timeout(absl::Seconds(1));
//   gordian::Select(gordian::Recv(answers, use),
//                   gordian::Recv(timeout.C(), [] { … }));
//   timeout.Stop();
//
//   gordian::AfterFunc(absl::Seconds(5), [] { … });   // in a task of its own
//
// Timer and Ticker are handles of a timer that fires whether or not a handle is left; a
// Ticker whose handles and channel are all gone stops by itself, and is reported as a leak.
// A Timer may be destroyed inside its own callback.
//
// After Stop or Reset has returned, the channel holds no value from before; a timer whose
// value had fired but was not yet received counts as stopped (as since Go 1.23).
//
// Limits    a Ticker that nobody receives from drops ticks. Virtual time, where there is any, is
//           the scheduling policy's.
// Cost      O(log n) in the number of armed timers; Timer and Ticker allocate twice.
#ifndef GORDIAN_TIME_H_
#define GORDIAN_TIME_H_

#include <cstddef>
#include <source_location>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/go.h"

namespace gordian {
namespace internal {

class TimerState;

// A counted handle of a timer.
class TimerHandle {
 public:
  TimerHandle() = default;
  TimerHandle(const TimerHandle& other);
  TimerHandle(TimerHandle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  TimerHandle& operator=(TimerHandle other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~TimerHandle();

  // Where it fires to; nil for AfterFunc.
  RecvChan<absl::Time> C() const;

  void SetName(std::string_view name) const;

 protected:
  explicit TimerHandle(TimerState* owned) : state_(owned) {}
  TimerState& state(const std::source_location& where = {}) const;  // panics where there is none

 private:
  TimerState* state_ = nullptr;
};

}  // namespace internal

// Blocks for at least `duration`; returns at once where that is not positive.
void Sleep(absl::Duration duration,
           const std::source_location& where = std::source_location::current());

// A channel that gets the time, once, after `duration`.
RecvChan<absl::Time> After(absl::Duration duration,
                           const std::source_location& where = std::source_location::current());

// Fires once: sends the time to C(), or runs a callback.
class Timer : public internal::TimerHandle {
 public:
  Timer() = default;  // to be assigned to
  explicit Timer(absl::Duration duration, std::string_view name = {},
                 const std::source_location& made_at = std::source_location::current());

  // True when it would still have fired (or had, with the value not yet received).
  bool Stop(const std::source_location& where = std::source_location::current()) const;
  // Lets it fire after `duration` from now. Returns what Stop would have.
  bool Reset(absl::Duration duration,
             const std::source_location& where = std::source_location::current()) const;

 private:
  friend Timer AfterFunc(absl::Duration duration, Spawned callback);
  explicit Timer(internal::TimerState* owned) : TimerHandle(owned) {}
};

// Runs `callback` in a task of its own after `duration`; Reset lets it run again.
Timer AfterFunc(absl::Duration duration, Spawned callback);

// Sends the time to C() again and again. Panics where the period is not positive.
class Ticker : public internal::TimerHandle {
 public:
  Ticker() = default;  // to be assigned to
  explicit Ticker(absl::Duration period, std::string_view name = {},
                  const std::source_location& made_at = std::source_location::current());

  void Stop(const std::source_location& where = std::source_location::current()) const;
  void Reset(absl::Duration period,
             const std::source_location& where = std::source_location::current()) const;
};

}  // namespace gordian

#endif  // GORDIAN_TIME_H_
