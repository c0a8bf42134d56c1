#include "gordian/internal/scheduler.h"

#include <pthread.h>
#include <sched.h>

#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/exiting.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/record.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/worker.h"
#include "instrument/schedule/host.h"

namespace gordian::internal {

namespace {

thread_local Worker* t_worker = nullptr;

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
      worker.ends = task.bound;
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
      worker.ends = task.bound;
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

void Execute(Worker& worker, Task& task) {
  Processor& processor = *worker.processor;
  processor.running.store(&task, std::memory_order_relaxed);
  processor.switches.store(processor.switches.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
  WasAskedToYield(processor);
  if (schedule::AttentionWanted()) [[unlikely]]
    StandStillAtExit(worker, task);
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

}  // namespace

Worker* CurrentWorker() {
  asm volatile("");
  return t_worker;
}

void* WorkerMain(void* processor) {
  pthread_setname_np(pthread_self(), "gordian-worker");  // by which a supervisor knows it
  const FaultStack fault_stack;
  auto* worker = new Worker;
  worker->processor = static_cast<Processor*>(processor);
  worker->context.Bind();
  worker->log = &recorder::Log();
  t_worker = worker;
  do {
    while (Task* task = FindRunnable(*worker)) Execute(*worker, *task);
    recorder::StopTask(*worker->log);
    if (Control() == nullptr) ActivityEnds();  // else each goroutine counts for itself
  } while (!worker->ends && AwaitProcessor(*worker));
  t_worker = nullptr;
  delete worker;  // whoever posted its signal does not look at it afterwards
  return nullptr;
}

void YieldIfAsked() {
  Worker* worker = CurrentWorker();
  Task* task = CurrentTaskOrNull();
  if (worker == nullptr || task == nullptr) return;
  StandStillAtExit(*worker, *task);
  if (worker->processor == nullptr) return;
  if (WasAskedToYield(*worker->processor)) Yield();
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
  const ExitWaits exit_waits(self);
  if (self.bound) {
    sched_yield();
    return;
  }
  if (HasToGiveWay(*CurrentWorker()->processor)) SwitchToOthers(self);
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

}  // namespace gordian::internal
