// Watches one test at a time: ends it when its tasks can never go on, or take too long.
//
// Where the test's own task is parked it is unwound: its blocked call throws, and the
// framework goes on with the next test. Where that is not possible (a blocked std::thread, a
// destructor on the way, code without exceptions), or the misuse is fatal, or some tasks are
// deadlocked while others run on, or time is up, `abandon` is called with the report: it must not
// return (see fresh_process.h).
//
// Under `gordian run` the supervisor judges, and says here that the test hangs; ending the
// test is the guard's all the same.
//
// Locking  the watch runs on a thread of its own, which is in no task.
#ifndef GORDIAN_LIB_INPROCESS_GUARD_H_
#define GORDIAN_LIB_INPROCESS_GUARD_H_

#include <cstdint>
#include <string>

namespace gordian::inprocess {

// Called on any thread, at most once; must not return.
using Abandon = void (*)(const std::string& report);

// Starts the watch. Call once.
void StartGuard(Abandon abandon);

// The calling task runs `test` from now on, until DisarmGuard.
void ArmGuard(std::uint32_t test);

// The test is over by itself or was unwound. Waits up to `leak_grace` for the tasks that it
// spawned, takes those out of play that can never go on, and returns the report of all that fails
// the test, whose end it records; empty where nothing does.
std::string DisarmGuard();

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_GUARD_H_
