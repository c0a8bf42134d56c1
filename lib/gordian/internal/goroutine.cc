// Goroutines: their memory, their birth and their end.

#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

#include "gordian/internal/control.h"
#include "gordian/internal/fatal.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/instrumented.h"
#include "gordian/internal/label_set.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/worker.h"
#include "instrument/schedule/point.h"

namespace gordian::internal {
namespace {

constexpr std::size_t kLocalFree = 128;  // ended goroutines that a processor keeps
constexpr std::size_t kKeptDeep = 1024;  // beyond that, deep stack pages are given back
constexpr std::size_t kBatch = kLocalFree / 2;

// Every goroutine Task ever made, for ForEachTask: they are never unmade.
struct AllGoroutines {
  SpinLock lock;
  Task* first = nullptr;
};
constinit AllGoroutines g_all;

// Bytes at the top of each stack that its Task takes.
constexpr std::size_t kTaskBytes = (sizeof(Task) + 63) / 64 * 64;

Task* NewTaskOn(const Stack& stack) {
  std::byte* const top = stack.bottom + stack.size - kTaskBytes;
  auto* task = new (top) Task(trace::TaskKind::kGoroutine);
  task->stack = stack;
  task->context.stack_bottom = stack.bottom;
  task->context.stack_size = static_cast<std::size_t>(top - stack.bottom);
  return task;
}

Task* TakeFreeGlobal(Processor* processor) {
  g_scheduler.lock.Lock();
  Task* task = g_scheduler.free.PopFront();
  for (std::size_t i = 1; processor != nullptr && task != nullptr && i < kBatch; ++i) {
    Task* another = g_scheduler.free.PopFront();
    if (another == nullptr) break;
    processor->free.PushBack(another);
  }
  g_scheduler.lock.Unlock();
  return task;
}

trace::TaskEndReason RunBody(Task& self) {
  auto how = trace::TaskEndReason::kReturned;
  try {
    self.body();
  } catch (const Unwound&) {
    how = trace::TaskEndReason::kExit;
  } catch (...) {
    PanicEscaped(self);
  }
  self.body = nullptr;
  return how;
}

void GoroutineMain(void* argument) {
  Task& self = *static_cast<Task*>(argument);
  StackBegan(self);
  const trace::TaskEndReason how = RunBody(self);
  DropLabels(self);
  if (&self == ForkedMain()) exit(EXIT_SUCCESS);
  StackEnded(self);
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, trace::EventType::kTaskEnd, IdOf(self), 0,
                    {.operands = {static_cast<std::uint64_t>(how)}});
  }
  CurrentWorker()->after = After::kEnd;
  SwitchOut(self.context, /*for_ever=*/true);
  __builtin_unreachable();
}

void Count(std::atomic<std::int64_t> Processor::* counter, std::int64_t outside) {
  Worker* worker = CurrentWorker();
  if (worker == nullptr || worker->processor == nullptr) {
    g_scheduler.spawned_outside.fetch_add(outside, std::memory_order_release);
    return;
  }
  std::atomic<std::int64_t>& count = worker->processor->*counter;
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace

void ForgetGoroutines(Task* self) {
  g_all.first = self != nullptr && IsGoroutine(*self) ? self : nullptr;
  if (g_all.first == nullptr) return;
  self->all_next = nullptr;
  self->bound = true;  // it keeps the thread, for ever
  ++self->lock_depth;
}

Task* AllocateGoroutine() {
  Worker* worker = CurrentWorker();
  Processor* processor = worker != nullptr ? worker->processor : nullptr;
  if (processor != nullptr) {
    if (Task* task = processor->free.PopFront()) return task;
  }
  if (Task* task = TakeFreeGlobal(processor)) return task;
  Stack stack;
  if (!NewStack(stack)) Fatal("out of memory for goroutine stacks");
  Task* task = NewTaskOn(stack);
  g_all.lock.Lock();
  task->all_next = g_all.first;
  g_all.first = task;
  g_all.lock.Unlock();
  return task;
}

void FreeGoroutine(Processor* processor, Task* task) {
  Count(&Processor::ended, -1);
  task->life.store(Life::kUnused, std::memory_order_release);
  task->bound = false;
  task->lock_depth = 0;
  if (processor != nullptr) {
    processor->free.PushBack(task);
    if (processor->free.size < kLocalFree) return;
  }
  g_scheduler.lock.Lock();
  if (processor == nullptr) g_scheduler.free.PushBack(task);
  TaskList deep;
  while (processor != nullptr && processor->free.size > kBatch) {
    Task* surplus = processor->free.PopFront();
    (g_scheduler.free.size < kKeptDeep ? g_scheduler.free : deep).PushBack(surplus);
  }
  g_scheduler.lock.Unlock();
  while (Task* surplus = deep.PopFront()) {
    ReleaseDeepPages(surplus->stack, kTaskBytes);
    g_scheduler.lock.Lock();
    g_scheduler.free.PushBack(surplus);
    g_scheduler.lock.Unlock();
  }
}

Task& Spawn(absl::AnyInvocable<void()> body, std::string_view name,
            const std::source_location& location, trace::TaskKind kind) {
  EnsureScheduler();
  schedule::Point(schedule::Op::kSpawn, nullptr);
  Task& task = *AllocateGoroutine();
  task.kind = kind;
  task.body = std::move(body);
  task.spawned_at = location;
  task.SetName(name);
  task.tracked = {};
  task.turn.ordinal = 0;
  task.unwind = false;
  task.unwinding = false;
  task.attempts = {};
  task.park.store(kIdle, std::memory_order_relaxed);
  task.context.Prepare(GoroutineMain, &task);
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    const trace::TaskId id = IdOf(task);
    recorder::LocalText(*log, trace::EventType::kTaskSpawn, id, log->Site(location), name,
                        {.operands = {static_cast<std::uint64_t>(kind)}});
  }
  InheritLabels(task);
  task.life.store(Life::kLive, std::memory_order_release);
  Count(&Processor::spawned, 1);
  Enqueue(task);
  if (Control() == nullptr) WakeWorker();
  return task;
}

// What an ended goroutine did happens before a count that leaves it out.
std::int64_t LiveGoroutines() {
  std::int64_t live = g_scheduler.spawned_outside.load(std::memory_order_acquire);
  for (std::atomic<Processor*>& slot : g_scheduler.processors) {
    Processor* processor = slot.load(std::memory_order_acquire);
    if (processor == nullptr) break;
    live += processor->spawned.load(std::memory_order_relaxed) -
            processor->ended.load(std::memory_order_acquire);
  }
  return live;
}

void ForEachTask(const std::function<void(Task&)>& visit) {
  ForEachThreadTask(visit);
  g_all.lock.Lock();
  Task* first = g_all.first;
  g_all.lock.Unlock();
  for (Task* task = first; task != nullptr; task = task->all_next) {
    if (task->life.load(std::memory_order_acquire) == Life::kLive) visit(*task);
  }
}

}  // namespace gordian::internal
