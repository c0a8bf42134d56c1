// Waiting until the goroutines have come to rest, without guessing how long that takes.
#ifndef GORDIAN_TESTS_LIB_SETTLED_H_
#define GORDIAN_TESTS_LIB_SETTLED_H_

#include <chrono>
#include <thread>

#include "gordian/internal/freeze.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/timers.h"
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

// Whether no timer is armed. One that woke the caller may still be on its way out.
inline bool NoTimers() {
  for (int i = 0; i < 1000 && internal::TimersPending(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return !internal::TimersPending();
}

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_LIB_SETTLED_H_
