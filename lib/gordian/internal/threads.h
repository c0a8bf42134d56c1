// Plain threads as tasks.
//
// A thread's Task is made when pthread_create is called, or when a thread that nobody saw
// created first uses the library. It is used again once the thread has ended and its handle has
// been joined or detached.
#ifndef GORDIAN_LIB_INTERNAL_THREADS_H_
#define GORDIAN_LIB_INTERNAL_THREADS_H_

#include <cstdint>
#include <functional>

#include "gordian/internal/task_state.h"

namespace gordian::internal {

// A Task for a thread that exists or is about to, counted as active. `has_handle`:
// somebody will join or detach it.
Task& NewThreadTask(trace::TaskKind kind, bool has_handle = false);

// Makes `task` the calling thread's, until the thread ends.
void AdoptThread(Task& task);

// The same for a thread that nobody saw created.
Task& AdoptUnknownThread();

// Whether the calling thread, another than main's, has ended but for its last destructors.
bool IsGone();

// Whether the calling thread runs the program's static destructors.
bool IsExiting();

// The thread has ended.
void RetireThreadTask(Task& task);

// Its handle has been joined or detached.
void ReleaseHandle(Task& task);

// Joining: BeginJoin is false where the thread has ended already. A joiner that sleeps is not
// active; the thread that ends passes its own activity on to it, so that the program never seems to
// stand still in between.
bool BeginJoin(const Task& child);
bool JoinSleeps(Task& child);  // false where it ended meanwhile
void JoinWakes(Task& child, bool slept, bool joined);

// A detached thread of the library's own: no task, not followed. pthreads.cc
void StartInternalThread(void* (*function)(void*), void* argument);
// Whether the calling thread is one.
bool IsInternalThread();
// Whether this process has any.
bool HasInternalThreads();

// The calling task's stack, `task`'s: no frame lies beyond its end.
struct StackBounds {
  std::uintptr_t begin = 0, end = 0;
};
StackBounds StackOf(const Task& task);
std::uintptr_t StackTop(Task& task);  // its end, found out once

// Visits every live thread's task.
void ForEachThreadTask(const std::function<void(Task&)>& visit);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_THREADS_H_
