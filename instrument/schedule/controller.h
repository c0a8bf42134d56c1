// One task at a time, as a policy says, on a virtual clock.
//
// Exactly one holds the turn: a task, or the clock. The task that holds it passes it on at its
// Points, when it blocks and when it ends; where nobody can run, or a timer is due, it goes to the
// clock, which fires timers, moving time forward to the next one where nothing else can
// happen, and passes the turn on.
//
// Locking  one mutex; the policy is called under it.
// Limits   a task that blocks outside the library (I/O, a lock of its own) keeps the turn.
#ifndef GORDIAN_INSTRUMENT_SCHEDULE_CONTROLLER_H_
#define GORDIAN_INSTRUMENT_SCHEDULE_CONTROLLER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "instrument/schedule/host.h"
#include "instrument/schedule/policy.h"

namespace gordian::schedule {

class Controller {
 public:
  Controller(std::unique_ptr<Policy> policy, Host* host);

  // From here on every Point and Choose of the process comes here, for ever.
  static void Install(Controller* controller);

  // Before it is installed: the clock stands at `now`, and `holder`, which may be nullptr, has
  // the turn.
  void Resume(std::int64_t now, Controlled* holder);

  // The running task does not pass the turn on at its Points any more, only where it blocks or
  // yields.
  void Keep(Controlled& self);

  // The running task is at a Point.
  void Point(Op op, const void* object);
  std::uint32_t Choose(Choice choice, std::uint32_t n);

  // `task` was created, or woken: it can run. A new one gets its ordinal.
  void Add(Controlled& task);
  // The running task has blocked or ended: the turn goes on.
  void Leave(Controlled& self);
  // It could go on, but others have their turn first.
  void Release(Controlled& self);
  // `self` left its turn for a call outside, and wants it back. False where it has it: within that
  // call it has blocked in the library, and was granted.
  bool Rejoin(Controlled& self);

  // The clock holds the turn: `fire` fires what is due at Now(). Returns when a task has the
  // turn or nothing can ever happen. Nothing, where a task holds the turn.
  void ClockTurn(const std::function<void()>& fire);

  std::int64_t Now() const { return now_.load(std::memory_order_acquire); }

 private:
  static constexpr std::int64_t kPointNs = 1000;  // what a Point takes on the virtual clock

  // Picks the next holder, where somebody can run and no timer is due; nullptr: the clock.
  // Under mutex_.
  Controlled* PickLocked();
  void Pass(Controlled* next);

  const std::unique_ptr<Policy> policy_;
  Host* const host_;
  std::atomic<std::int64_t> now_{0};

  std::mutex mutex_;
  Runnable runnable_;             // but the holder
  Controlled* holder_ = nullptr;  // nullptr: the clock
  Controlled* keeper_ = nullptr;
  std::uint32_t last_ = 0;  // ordinal of the last holder
  std::uint32_t created_ = 0;
};

}  // namespace gordian::schedule

#endif  // GORDIAN_INSTRUMENT_SCHEDULE_CONTROLLER_H_
