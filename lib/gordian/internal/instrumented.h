// Programs that were also compiled with the pass: its hooks, which are those of the preloaded
// library, record in the name of the library's tasks (instrument/recorder/guest.h).
#ifndef GORDIAN_LIB_INTERNAL_INSTRUMENTED_H_
#define GORDIAN_LIB_INTERNAL_INSTRUMENTED_H_

#include "gordian/internal/task_state.h"

namespace gordian::internal {

// `task`, which is the running one, begins and ends on a stack that others have used. Nothing where
// there are no hooks.
void StackBegan(const Task& task);
void StackEnded(const Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_INSTRUMENTED_H_
