// Tasks that can never go on: finding the moment, and taking them out of play.
//
//   OnStandstill([] { standing_still.Post(); });
//   if (StandingStill()) ForEachTask([](Task& task) { if (Stuck(task)) FreezeTask(task); });
//
// Limits   Freeze and Unwind are for tasks that nobody wakes at the same time: the program stands
//          still, or what the task waits for cannot be served.
#ifndef GORDIAN_LIB_INTERNAL_FREEZE_H_
#define GORDIAN_LIB_INTERNAL_FREEZE_H_

#include <functional>

#include "gordian/internal/scheduler.h"  // ForEachTask
#include "gordian/internal/task.h"

namespace gordian::internal {

// What Park throws in a task that is unwound. Not a std::exception: programs that catch
// those do not swallow it.
struct Unwound {};

// Whether the task is parked: off its stack, or asleep on its own thread.
bool IsParked(const Task& task);

// Takes a parked task out of play for ever: its wait leaves its queue, nobody
// can claim or wake it, its stack is leaked. Records `frozen`. False where it is not parked.
bool FreezeTask(Task& task);

// Ends a parked task's wait and makes its Park throw Unwound. False where it is not parked.
bool UnwindTask(Task& task);

// What is thrown instead, where a test framework knows an exception that ends a test: `thrower`
// throws something derived from Unwound.
void SetUnwinder(void (*thrower)());
[[noreturn]] void ThrowUnwound();

// The running task's wait for `object` is over because it is unwound: to be called where a
// primitive passes Unwound on, or the trace has it waiting while it goes on. `object` 0 is the nil
// channel.
void RecordUnwound(trace::ObjectId object);
inline void RecordUnwound(const recorder::Tracked& object) {
  RecordUnwound(object.id.load(std::memory_order_relaxed));
}

// No task can run, no timer is armed, every known thread is parked.
bool StandingStill();

// `callback` runs each time the program comes to stand still, on the thread that was the last
// to stop, which is in no task: it must be short and neither park nor spawn. nullptr removes it.
void OnStandstill(void (*callback)());

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_FREEZE_H_
