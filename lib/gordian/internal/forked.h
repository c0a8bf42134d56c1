// fork: the child has the task that forked, and no other.
//
// Where the library keeps tasks, processors, workers and timers it forgets the parent's, without
// touching their memory, and begins anew; the task that forked keeps its thread, and the child ends
// when it does, as a program ends with main. What waits in a primitive's queue, and a SpinLock that
// was held, belong to tasks that the child does not have: they carry the generation of the
// process that they come from, and count for nothing in a later one (task.h).
//
// Timers that only tell (After, Ticker, a context's deadline) go on in both processes; waits with a
// deadline and callbacks are the parent's alone.
//
// Limits   a lock, a Once, a WaitGroup that another task held or had yet to serve stays as it was.
// A
//          primitive that another thread was inside of at that very moment may be left half
//          changed.
// Cost     none but at the fork itself.
#ifndef GORDIAN_LIB_INTERNAL_FORKED_H_
#define GORDIAN_LIB_INTERNAL_FORKED_H_

#include <cstdint>

#include "gordian/internal/task.h"

namespace gordian::internal {

// In a forked child: the task that forked. nullptr in any other process.
Task* ForkedMain();

// Each file's part. `self` is the task that forked, or nullptr where the thread had none.
void ForgetScheduler(Task* self);   // scheduler.cc
void ForgetGoroutines(Task* self);  // goroutine.cc
void ForgetThreads(Task* self);     // threads.cc
void ForgetStacks();                // stacks.cc
void ForgetExit();                  // exiting.cc
void ForgetPoller();                // poller.cc
void ForgetHooks();                 // fatal.cc

// What must be whole in the copy is locked around the fork.
void LockTimers();  // timers.cc
void UnlockTimers();
std::int64_t ForgetTimers();  // unlocks; how many go on
void LockJoinable();          // pthreads.cc
void UnlockJoinable();
void ForgetJoinable();  // unlocks
void LockNames();       // origin.cc
void UnlockNames();

// A new controller, under which `self` has the turn. control.cc
void ControlAnew(Task* self);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_FORKED_H_
