// The M:N scheduler: goroutines on worker threads, by work stealing.
//
// A *processor* is the right to run goroutines: a run queue with a next slot, and counters. A
// *worker* is an OS thread that owns one. A worker looks for work in its next slot, its queue, the
// global queue, then steals; it *spins* for some rounds before it parks, and only a few spin at
// once. Whoever makes work wakes a worker if there is an idle one and none spins: a spinning worker
// will find it. (After Go's scheduler; see run_queue.h.)
//
// A goroutine that was woken goes to the waker's next slot, and no other worker is woken for it:
// most wakers are about to stop. The monitor (timers.cc), once a millisecond, wakes a worker for
// next slots that stay filled, and asks goroutines that have run for 10 ms to yield.
//
// Locking  the run queues take none; the global queue, idle workers and pools share a SpinLock.
// Limits   at most kMaxProcs processors.
#ifndef GORDIAN_LIB_INTERNAL_SCHEDULER_H_
#define GORDIAN_LIB_INTERNAL_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <source_location>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "gordian/internal/task_state.h"

namespace gordian::internal {

inline constexpr int kMaxProcs = 256;

// Starts a goroutine that runs `body`; records its spawn. `kind` is kGoroutine or kTimer.
Task& Spawn(absl::AnyInvocable<void()> body, std::string_view name,
            const std::source_location& location,
            trace::TaskKind kind = trace::TaskKind::kGoroutine);

// Puts a task that nobody else can see, or that was just woken, into a run queue.
void MakeRunnable(Task& task);

// Leaves the processor to others; returns when it is this task's turn again.
void Yield();

// Takes the running goroutine off its worker, then releases `lock`, and marks it parked.
void ParkGoroutine(Task& self, SpinLock* lock);

// Whether to wait in a loop for a moment is sensible: what is waited for runs at the same time, and
// nobody else could use this processor.
bool MaySpin();

// Gives the running goroutine an OS thread of its own, and takes it away again.
void BindToThread(Task& self);
void UnbindFromThread(Task& self);

int SetMaxProcs(int n);  // the previous value; n < 1 only asks
std::int64_t LiveGoroutines();

// Calls `visit` for every live task. Tasks come and go meanwhile.
void ForEachTask(const std::function<void(Task&)>& visit);

// For the monitor: asks goroutines that have run since the last call but two to yield, and
// wakes workers for next slots that stay filled, gives away processors of blocking calls. False
// where every worker is idle.
bool MonitorProcessors(bool ask_to_yield);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_SCHEDULER_H_
