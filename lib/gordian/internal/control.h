// The scheduler under a controlled policy: one task at a time, in virtual time.
//
// Chosen by GORDIAN_OPTIONS schedule=… before the program's first constructor, for the life of
// the process. Goroutines then run on a single worker, which runs whom the controller grants; plain
// threads sleep until they are granted.
#ifndef GORDIAN_LIB_INTERNAL_CONTROL_H_
#define GORDIAN_LIB_INTERNAL_CONTROL_H_

#include <atomic>

#include "gordian/internal/task_state.h"
#include "instrument/schedule/controller.h"

namespace gordian::internal {

extern std::atomic<schedule::Controller*> g_control;

// The controller, or nullptr where tasks are scheduled natively.
inline schedule::Controller* Control() { return g_control.load(std::memory_order_acquire); }

// Blocks a task that has a thread of its own until it is granted.
void AwaitTurn(Task& self);

// The worker's next goroutine.
Task* AwaitGrant();

// The running goroutine is to be run again by its worker, which it is leaving.
void GrantAgain(Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CONTROL_H_
