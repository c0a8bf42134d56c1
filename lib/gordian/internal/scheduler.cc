#include "gordian/internal/scheduler.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/record.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"
#include "instrument/recorder/options.h"
#include "instrument/schedule/host.h"

namespace gordian::internal {

constinit SchedulerState g_scheduler;

namespace {

thread_local Worker* t_worker = nullptr;

// What GoMaxProcs says; under a controlled policy there is but one processor. Under the lock.
int g_shown_procs = 0;

// The goroutine is off its stack and may be woken; false where it has been, before it got here.
bool MarkParked(Worker& worker, Task& task) {
  if (SpinLock* lock = std::exchange(worker.release, nullptr)) lock->Unlock();
  std::uint32_t idle = kIdle;
  if (task.park.compare_exchange_strong(idle, kParked, std::memory_order_acq_rel)) return true;
  task.park.store(kIdle, std::memory_order_relaxed);
  return false;
}

// Serves one switch-out: the goroutine is off its stack now.
void Settle(Worker& worker, Task& task) {
  if (task.stack.guard == GuardKind::kCanary && CanaryDied(task.stack)) [[unlikely]] {
    DieOfOverflow(task);
  }
  switch (std::exchange(worker.after, After::kNothing)) {
    case After::kNothing:
      break;
    case After::kPark:
      if (!MarkParked(worker, task)) MakeRunnable(task);
      break;
    case After::kYield:
      g_scheduler.lock.Lock();
      g_scheduler.global.PushBack(&task);
      g_scheduler.global_size.fetch_add(1, std::memory_order_seq_cst);
      g_scheduler.lock.Unlock();
      WakeWorker();
      break;
    case After::kEnd:
      FreeGoroutine(worker.processor, &task);
      break;
  }
}

// The same under a controlled policy: whatever the goroutine does, its turn goes on.
void SettleControlled(schedule::Controller& control, Worker& worker, Task& task) {
  switch (std::exchange(worker.after, After::kNothing)) {
    case After::kNothing:  // at a Point: the turn has gone on already
      break;
    case After::kPark:
      if (MarkParked(worker, task)) {
        ActivityEnds();
        control.Leave(task.turn);
      } else {
        GrantAgain(task);
      }
      break;
    case After::kYield:
      control.Release(task.turn);
      break;
    case After::kEnd:
      ActivityEnds();
      control.Leave(task.turn);
      FreeGoroutine(worker.processor, &task);
      break;
  }
}

// Takes back a request to yield, and says whether there was one.
bool WasAskedToYield(Processor& processor) {
  if (!processor.yield_asked.load(std::memory_order_relaxed)) [[likely]]
    return false;
  if (!processor.yield_asked.exchange(false, std::memory_order_relaxed)) return false;
  schedule::AttentionPaid();
  return true;
}

// At a Point: gives way where the monitor has asked this worker's goroutine to.
void YieldIfAsked() {
  Worker* worker = CurrentWorker();
  if (worker == nullptr || worker->processor == nullptr || CurrentTaskOrNull() == nullptr) return;
  if (WasAskedToYield(*worker->processor)) Yield();
}

void Execute(Worker& worker, Task& task) {
  Processor& processor = *worker.processor;
  processor.running.store(&task, std::memory_order_relaxed);
  processor.switches.store(processor.switches.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
  WasAskedToYield(processor);
  SetCurrentTask(&task);
  if (recorder::On()) [[unlikely]] {
    static_cast<void>(IdOf(task));
    recorder::RunTask(*worker.log, task.tracked);
  } else if (worker.log->task() != 0) {
    recorder::StopTask(*worker.log);
  }
  SwitchIn(worker.context, task.context);
  SetCurrentTask(nullptr);
  // A goroutine that was bound to this thread has given the processor away.
  if (worker.processor != nullptr) {
    worker.processor->running.store(nullptr, std::memory_order_relaxed);
  }
  if (schedule::Controller* control = Control()) [[unlikely]] {
    SettleControlled(*control, worker, task);
  } else {
    Settle(worker, task);
  }
}

void* WorkerMain(void* processor) {
  pthread_setname_np(pthread_self(), "gordian-worker");  // by which a supervisor knows it
  const FaultStack fault_stack;
  auto* worker = new Worker;  // never freed: wakers may still hold it
  worker->processor = static_cast<Processor*>(processor);
  worker->context.Bind();
  worker->log = &recorder::Log();
  t_worker = worker;
  while (Task* task = FindRunnable(*worker)) Execute(*worker, *task);
  recorder::StopTask(*worker->log);
  t_worker = nullptr;
  if (Control() == nullptr) ActivityEnds();  // else each goroutine counts for itself
  return nullptr;
}

// Under the scheduler's lock.
Worker* TakeIdleWorker() {
  Worker* worker = g_scheduler.idle_workers;
  if (worker == nullptr) return nullptr;
  g_scheduler.idle_workers = worker->next_idle;
  worker->idle = false;
  g_scheduler.idle.fetch_sub(1, std::memory_order_seq_cst);
  return worker;
}

// The next processor, where the limit allows one. Under the scheduler's lock.
Processor* NewProcessor() {
  const int index = g_scheduler.started.load(std::memory_order_relaxed);
  if (index >= g_scheduler.max_procs.load(std::memory_order_relaxed)) return nullptr;
  auto* processor = new Processor;
  processor->index = index;
  processor->random = 0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(index + 1);
  g_scheduler.processors[index].store(processor, std::memory_order_release);
  g_scheduler.started.store(index + 1, std::memory_order_seq_cst);
  return processor;
}

}  // namespace

void TaskList::PushBack(Task* task) {
  task->next = nullptr;
  (last == nullptr ? first : last->next) = task;
  last = task;
  ++size;
}

Task* TaskList::PopFront() {
  Task* task = first;
  if (task == nullptr) return nullptr;
  first = task->next;
  if (first == nullptr) last = nullptr;
  --size;
  return task;
}

Worker* CurrentWorker() {
  asm volatile("");
  return t_worker;
}

namespace {

void Start() {
  WatchForOverflow();
  schedule::SetYieldHook(YieldIfAsked);
  const int wanted = static_cast<int>(recorder::ProcessOptions().max_procs);
  const int cpus = static_cast<int>(std::thread::hardware_concurrency());
  // In a forked child the parent's limit stays.
  if (g_shown_procs == 0) g_shown_procs = std::clamp(wanted > 0 ? wanted : cpus, 1, kMaxProcs);
  const bool controlled = Control() != nullptr;
  g_scheduler.max_procs.store(controlled ? 1 : g_shown_procs, std::memory_order_release);
  if (controlled) StartWorker(NewProcessor());
}

}  // namespace

void EnsureScheduler() {
  if (g_scheduler.max_procs.load(std::memory_order_acquire) != 0) [[likely]]
    return;
  CurrentTask();  // the first caller is known before its goroutines are
  static constinit SpinLock starting;
  starting.Lock();
  if (g_scheduler.max_procs.load(std::memory_order_relaxed) == 0) Start();
  starting.Unlock();
}

void ForgetScheduler(Task* self) {
  SchedulerState& state = g_scheduler;
  state.global = state.free = {};
  state.idle_workers = state.surplus_workers = nullptr;
  state.started.store(0);
  state.global_size.store(0);
  state.idle.store(0);
  state.spinning.store(0);
  state.max_procs.store(0);
  state.spawned_outside.store(0);
  for (std::atomic<Processor*>& processor : state.processors) processor.store(nullptr);
  if (Worker* worker = CurrentWorker(); worker != nullptr && self != nullptr) {
    worker->processor = nullptr;
  }
}

void StartWorker(Processor* processor) {
  if (Control() == nullptr) ActivityBegins();
  StartInternalThread(&WorkerMain, processor);
}

namespace {

// Wakes or makes a worker, as the only spinning one; false where there is none to be had.
bool WakeAsSpinning() {
  SchedulerState& state = g_scheduler;
  state.lock.Lock();
  Worker* worker = TakeIdleWorker();
  Processor* fresh = worker == nullptr ? NewProcessor() : nullptr;
  state.lock.Unlock();
  if (worker != nullptr) {
    worker->spinning = true;
    ActivityBegins();
    worker->signal.Post();
    return true;
  }
  state.spinning.fetch_sub(1, std::memory_order_seq_cst);
  if (fresh == nullptr) return false;
  StartWorker(fresh);
  return true;
}

}  // namespace

void WakeWorker() {
  SchedulerState& state = g_scheduler;
  do {
    if (state.spinning.load(std::memory_order_seq_cst) != 0) return;
    if (state.idle.load(std::memory_order_seq_cst) == 0 &&
        state.started.load(std::memory_order_relaxed) >=
            state.max_procs.load(std::memory_order_relaxed)) {
      return;
    }
    int none = 0;
    if (!state.spinning.compare_exchange_strong(none, 1, std::memory_order_seq_cst)) return;
    if (WakeAsSpinning()) return WakeMonitor();
    // While this thread counted as spinning, others that made work relied on it, and a
    // worker may have gone idle since it looked.
  } while (state.idle.load(std::memory_order_seq_cst) != 0 && AnyWork());
}

void MakeRunnable(Task& task) {
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, trace::EventType::kTaskReady, IdOf(task), 0,
                    {.operands = {recorder::Now()}});
  }
  Enqueue(task);
}

void Enqueue(Task& task) {
  if (schedule::Controller* control = Control()) [[unlikely]] {
    ActivityBegins();
    return control->Add(task.turn);
  }
  Worker* worker = CurrentWorker();
  if (worker != nullptr && worker->processor != nullptr) {
    RunQueue& queue = worker->processor->queue;
    Task* displaced = queue.PutNext(&task);
    if (displaced == nullptr) return;
    if (queue.Push(displaced)) return WakeWorker();
    g_scheduler.lock.Lock();
    g_scheduler.global.PushBack(displaced);
  } else {
    g_scheduler.lock.Lock();
    g_scheduler.global.PushBack(&task);
  }
  g_scheduler.global_size.fetch_add(1, std::memory_order_seq_cst);
  g_scheduler.lock.Unlock();
  WakeWorker();
}

void ParkGoroutine(Task& self, SpinLock* lock) {
  Worker& worker = *CurrentWorker();
  worker.after = After::kPark;
  worker.release = lock;
  SwitchOut(self.context);
}

namespace {

// Puts the running goroutine behind all others.
void SwitchToOthers(Task& self) {
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, trace::EventType::kTaskReady, IdOf(self), 0,
                    {.operands = {recorder::Now()}});
  }
  CurrentWorker()->after = After::kYield;
  SwitchOut(self.context);
}

}  // namespace

void Yield() {
  Task& self = CurrentTask();
  if (schedule::Controller* control = Control()) {
    return control->Point(schedule::Op::kYield, nullptr);
  }
  if (self.bound) {
    sched_yield();
    return;
  }
  SwitchToOthers(self);
}

void BindToThread(Task& self) {
  if (self.lock_depth++ != 0 || !IsGoroutine(self)) return;
  Worker& worker = *CurrentWorker();
  Processor* processor = std::exchange(worker.processor, nullptr);
  processor->running.store(nullptr, std::memory_order_relaxed);
  self.bound = true;
  StartWorker(processor);
}

void UnbindFromThread(Task& self) {
  if (self.lock_depth == 0 || --self.lock_depth != 0) return;
  if (!IsGoroutine(self)) return;
  self.bound = false;
  SwitchToOthers(self);  // its thread has no processor: the worker ends once this task has left it
}

int SetMaxProcs(int n) {
  EnsureScheduler();
  g_scheduler.lock.Lock();
  const int previous = g_shown_procs;
  if (n >= 1) g_shown_procs = std::min(n, kMaxProcs);
  g_scheduler.lock.Unlock();
  if (n < 1 || Control() != nullptr) return previous;
  g_scheduler.lock.Lock();
  g_scheduler.max_procs.store(std::min(n, kMaxProcs), std::memory_order_seq_cst);
  Worker* surplus = std::exchange(g_scheduler.surplus_workers, nullptr);
  g_scheduler.lock.Unlock();
  while (surplus != nullptr) {
    Worker* next = surplus->next_idle;
    ActivityBegins();
    surplus->signal.Post();
    surplus = next;
  }
  WakeWorker();
  return previous;
}

bool MonitorProcessors(bool ask_to_yield) {
  bool busy = false;
  for (std::atomic<Processor*>& slot : g_scheduler.processors) {
    Processor* processor = slot.load(std::memory_order_acquire);
    if (processor == nullptr) break;
    if (processor->running.load(std::memory_order_relaxed) == nullptr) continue;
    busy = true;
    const std::uint32_t switches = processor->switches.load(std::memory_order_relaxed);
    if (ask_to_yield) {
      if (switches == processor->seen_switches &&
          !processor->yield_asked.exchange(true, std::memory_order_relaxed)) {
        schedule::AskForAttention();
      }
      processor->seen_switches = switches;
    }
    Task* next = processor->queue.PeekNext();
    if (next != nullptr && next == processor->seen_next) WakeWorker();
    processor->seen_next = next;
  }
  return busy || g_scheduler.sleeping.load(std::memory_order_seq_cst) <
                     g_scheduler.started.load(std::memory_order_seq_cst);
}

}  // namespace gordian::internal
