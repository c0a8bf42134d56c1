// Plain threads as tasks.
#ifndef GORDIAN_LIB_INTERNAL_THREADS_H_
#define GORDIAN_LIB_INTERNAL_THREADS_H_

#include <functional>

#include "gordian/internal/task_state.h"

namespace gordian::internal {

// A Task for a thread that exists or is about to, counted as active.
Task& NewThreadTask(trace::TaskKind kind);

// Makes `task` the calling thread's, until the thread ends.
void AdoptThread(Task& task);

// The task of a thread that has ended may be used again.
void RetireThreadTask(Task& task);

// The end of the task's stack: no frame lies beyond it.
std::uintptr_t StackTop(Task& task);

// Visits every live thread's task.
void ForEachThreadTask(const std::function<void(Task&)>& visit);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_THREADS_H_
