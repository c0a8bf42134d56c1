#include "gordian/internal/threads.h"

#include <pthread.h>

#include "gordian/internal/activity.h"
#include "gordian/internal/record.h"

namespace gordian::internal {
namespace {

struct AllThreads {
  SpinLock lock;
  Task* first = nullptr;  // every thread's Task ever made
};
constinit AllThreads g_threads;

// Retires the task when the thread ends, unless somebody has done so before.
struct Adopted {
  Task* task = nullptr;
  ~Adopted() {
    if (task == nullptr) return;
    if (recorder::ThreadLog* log = Recording()) {
      const auto how = static_cast<std::uint64_t>(trace::TaskEndReason::kReturned);
      recorder::Local(*log, trace::EventType::kTaskEnd, IdOf(*task), 0, {.operands = {how}});
    }
    recorder::StopTask(recorder::Log());
    SetCurrentTask(nullptr);
    RetireThreadTask(*task);
  }
};
thread_local Adopted t_adopted;

}  // namespace

Task& NewThreadTask(trace::TaskKind kind) {
  Task* task = nullptr;
  g_threads.lock.Lock();
  for (Task* each = g_threads.first; each != nullptr && task == nullptr; each = each->all_next) {
    if (each->life.load(std::memory_order_relaxed) == Life::kUnused) task = each;
  }
  if (task == nullptr) {
    task = new Task(kind);
    task->all_next = g_threads.first;
    g_threads.first = task;
  }
  task->kind = kind;
  task->bound = true;
  task->tracked = {};
  task->stack_top = 0;
  task->park.store(kIdle, std::memory_order_relaxed);
  task->life.store(Life::kLive, std::memory_order_release);
  g_threads.lock.Unlock();
  if (kind == trace::TaskKind::kThread) ActivityBegins();
  return *task;
}

void AdoptThread(Task& task) {
  SetCurrentTask(&task);
  if (task.kind == trace::TaskKind::kThread) t_adopted.task = &task;
}

void RetireThreadTask(Task& task) {
  task.life.store(Life::kUnused, std::memory_order_release);
  ActivityEnds();
}

std::uintptr_t StackTop(Task& task) {
  if (task.context.stack_bottom != nullptr) {
    return reinterpret_cast<std::uintptr_t>(task.context.stack_bottom) + task.context.stack_size;
  }
  if (task.stack_top != 0) return task.stack_top;
  pthread_attr_t attributes;
  void* bottom = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
  }
  return task.stack_top = reinterpret_cast<std::uintptr_t>(bottom) + size;
}

void ForEachThreadTask(const std::function<void(Task&)>& visit) {
  g_threads.lock.Lock();
  Task* first = g_threads.first;
  g_threads.lock.Unlock();
  for (Task* task = first; task != nullptr; task = task->all_next) {
    if (task->life.load(std::memory_order_acquire) == Life::kLive) visit(*task);
  }
}

}  // namespace gordian::internal
