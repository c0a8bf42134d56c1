// Waiting until the goroutines have come to rest, without guessing how long that takes.
#ifndef GORDIAN_TESTS_LIB_SETTLED_H_
#define GORDIAN_TESTS_LIB_SETTLED_H_

#include "gordian/internal/freeze.h"
#include "gordian/internal/task_state.h"
#include "gordian/runtime.h"

namespace gordian::testing {

// Returns once every goroutine is parked or has ended. Threads are not looked at.
inline void LetGoroutinesPark() {
  for (bool busy = true; busy;) {
    busy = false;
    internal::ForEachTask([&](internal::Task& task) {
      const bool goroutine = task.kind == trace::TaskKind::kGoroutine;
      busy = busy || (goroutine && !internal::IsParked(task));
    });
    if (busy) Gosched();
  }
}

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_LIB_SETTLED_H_
