// Processors and workers: the scheduler's own structures, for its .cc files only.
#ifndef GORDIAN_LIB_INTERNAL_WORKER_H_
#define GORDIAN_LIB_INTERNAL_WORKER_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "gordian/internal/context.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/run_queue.h"
#include "gordian/internal/scheduler.h"

namespace gordian::internal {

struct Worker;

// Tasks linked through Task::next.
struct TaskList {
  Task* first = nullptr;
  Task* last = nullptr;
  std::size_t size = 0;

  void PushBack(Task* task) {
    task->next = nullptr;
    (last == nullptr ? first : last->next) = task;
    last = task;
    ++size;
  }
  Task* PopFront() {
    Task* task = first;
    if (task == nullptr) return nullptr;
    first = task->next;
    if (first == nullptr) last = nullptr;
    --size;
    return task;
  }
};

struct alignas(64) Processor {
  int index = 0;
  RunQueue queue;
  std::uint32_t tick = 0;        // how often it looked for work
  std::uint32_t next_taken = 0;  // times in a row that the next slot was served
  std::uint64_t random = 0;
  TaskList free;  // goroutines that ended here, to be used again

  // Read by others.
  std::atomic<Task*> running{nullptr};
  std::atomic<std::uint32_t> switches{0};
  std::atomic<bool> yield_asked{false};
  std::atomic<bool> stands_still{false};  // what runs here, while the program ends
  std::atomic<std::int64_t> spawned{0};
  std::atomic<std::int64_t> ended{0};
  std::atomic<bool> offered{false};     // its goroutine is in a blocking call (blocking_call.h)
  std::atomic<std::uint32_t> calls{0};  // such calls so far

  // The monitor's.
  std::uint32_t seen_switches = 0;
  Task* seen_next = nullptr;
  std::uint32_t seen_calls = 0;
};

// What a worker does for the goroutine that has just switched out.
enum class After : std::uint8_t { kNothing, kPark, kYield, kEnd };

struct Worker {
  WorkerContext context;
  Processor* processor = nullptr;      // nullptr while its goroutine is bound to the thread
  recorder::ThreadLog* log = nullptr;  // of its thread
  Signal signal;
  bool spinning = false;
  bool ends = false;            // its thread does: a goroutine has ended that was locked to it
  Worker* next_idle = nullptr;  // in the list of idle, surplus or spare ones
  bool idle = false;            // under the scheduler's lock

  After after = After::kNothing;
  SpinLock* release = nullptr;
};

struct SchedulerState {
  SpinLock lock;
  // Under `lock`:
  TaskList global;
  TaskList free;
  Worker* idle_workers = nullptr;
  Worker* surplus_workers = nullptr;  // of processors beyond the limit
  Worker* spare_workers = nullptr;    // without a processor
  int spares = 0;

  std::atomic<int> started{0};  // processors that ever had a worker
  std::atomic<std::int64_t> global_size{0};
  std::atomic<int> idle{0};
  std::atomic<int> sleeping{0};  // workers, idle or surplus, that wait for their signal
  std::atomic<int> spinning{0};
  std::atomic<int> max_procs{0};                 // 0: not started yet
  std::atomic<std::int64_t> spawned_outside{0};  // by threads without a processor
  std::array<std::atomic<Processor*>, kMaxProcs> processors{};
};

extern SchedulerState g_scheduler;

// This thread's worker, or nullptr.
[[gnu::noinline]] Worker* CurrentWorker();

// Starts the scheduler where that has not happened.
void EnsureScheduler();

// At a Point: gives way where the monitor has asked this worker's goroutine to.
void YieldIfAsked();

// Lets a worker serve `processor`. `counted`: its activity is counted already.
void StartWorker(Processor* processor, bool counted = false);

// What a worker's thread runs.
void* WorkerMain(void* processor);

// A worker that has lost its processor waits until it is to serve another; false where enough of
// them wait.
bool AwaitProcessor(Worker& worker);

// Wakes an idle worker, if there is one and nobody spins.
void WakeWorker();

// Puts a runnable goroutine into this worker's next slot or the global queue.
void Enqueue(Task& task);

// Whether a goroutine waits in a queue. Next slots are left to their owners.
bool AnyWork();
// Whether a goroutine that yields makes room for anything: a loop that polls, and is alone, makes
// no switch of each round.
bool HasToGiveWay(const Processor& processor);

// The next goroutine to run; nullptr when this worker has lost its processor.
Task* FindRunnable(Worker& worker);

// Goroutine memory, goroutine.cc.
Task* AllocateGoroutine();
void FreeGoroutine(Processor* processor, Task* task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_WORKER_H_
