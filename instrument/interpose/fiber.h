// Fibers: stacks that the program switches between itself, as it says by __tsan_switch_to_fiber.
// Each is a task of its own; a thread that uses fibers has its own task among them.
//
// A switch passes on what was done before it, unless the program says that it does not: the fibers
// of one thread are then ordered by no more than what they do themselves.
//
// Locking   none: a fiber runs on one thread at a time, and whoever moves it orders that.
// Cost      a switch is three events and the end of the filter's epoch. Where a fiber's stack ends
// is
//           looked up when it is first seen there.
// Limits    in a program whose own recorder records (the library), fibers belong to the task that
// runs.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_FIBER_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_FIBER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/mappings.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

struct Fiber {
  recorder::TrackedTask task;           // of a fiber that is no thread's own
  recorder::TrackedTask* runs = &task;  // what it is in the trace
  recorder::Tracked turn;               // from whoever switches to it
  Ignored ignored;                      // while it does not run
  // Where its frames were seen: code that switches may already be the next fiber on the last
  // one's stack.
  std::array<Mapping, 2> stacks;
  std::size_t oldest_stack = 0;
};

// The thread's task, or that of the fiber that runs on it.
inline recorder::TrackedTask& RunningTask(ThreadState& thread) {
  return thread.fiber != nullptr ? *thread.fiber->runs : thread.task;
}

Fiber* CurrentFiber();
Fiber* CreateFiber(Caller caller);
void SwitchToFiber(Caller caller, Fiber& fiber, bool orders);
void DestroyFiber(Fiber& fiber);
void NameFiber(const Fiber& fiber, std::string_view name);

// The first byte above the memory that the frame's stack lies in.
std::uintptr_t StackEndOf(Fiber& fiber, std::uintptr_t frame);

// The thread ends.
void ForgetFibers(ThreadState& thread);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_FIBER_H_
