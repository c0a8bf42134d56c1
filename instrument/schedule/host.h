// What a native scheduler gives to the seam: the means to stop tasks and let them go on.
#ifndef GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_
#define GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_

#include <cstdint>

#include "instrument/schedule/policy.h"

namespace gordian::schedule {

// How a controller moves tasks. Called without the controller's lock.
class Host {
 public:
  virtual ~Host() = default;

  // The running task, or nullptr on a thread that is not under control.
  virtual Controlled* Current() = 0;
  // Lets `task` go on: it is in Await, on its way there, or has not started.
  virtual void Grant(Controlled& task) = 0;
  // Stops the running task until it is granted.
  virtual void Await(Controlled& self) = 0;
  // The earliest deadline on the virtual clock; the largest value where there is none.
  virtual std::int64_t NextDeadline() = 0;
  // It is the clock's turn: whoever keeps the timers calls Controller::ClockTurn.
  virtual void WakeClock() = 0;
};

// --- Without a controller ----------------------------------------------------

// `hook` runs at every Point while attention is asked for: it yields where the running
// task was asked to.
void SetYieldHook(void (*hook)());

// Each ask is answered by one AttentionPaid.
void AskForAttention();
void AttentionPaid();

}  // namespace gordian::schedule

#endif  // GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_
