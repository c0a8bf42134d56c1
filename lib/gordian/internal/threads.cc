#include "gordian/internal/threads.h"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/exiting.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/instrumented.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "instrument/recorder/attach.h"
#include "instrument/recorder/guest.h"

namespace gordian::internal {
namespace {

struct AllThreads {
  SpinLock lock;
  Task* first = nullptr;  // every thread's Task ever made
};
constinit AllThreads g_threads;

// Set when the main thread's thread-locals go, which is before static destructors run.
std::atomic<bool> g_exits{false};

// Retires the task when the thread ends. The first thread-local of a followed thread, so
// destroyed after those of the program.
struct Adopted {
  Task* task = nullptr;
  bool is_main = false;
  bool gone = false;
  ~Adopted() {
    gone = true;
    if (is_main) {
      g_exits.store(true, std::memory_order_relaxed);
      BeginExit();
    }
    if (task == nullptr) return;
    // Threads that serve the program's goroutines would keep the process alive.
    if (task == ForkedMain() && HasInternalThreads()) exit(EXIT_SUCCESS);
    StackEnded(*task);
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

// At exit: nothing but the thread that ends the program is at work.
bool IsSettled() {
  const std::int64_t active = g_activity.load(std::memory_order_seq_cst) - WorkersAtExit();
  return active <= (CurrentTaskOrNull() != nullptr ? 1 : 0);
}

bool IsMainThread() { return getpid() == gettid(); }

void LeaveParty(Task& task) {
  if (task.parties.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    task.life.store(Life::kUnused, std::memory_order_release);
  }
}

}  // namespace

void ForgetThreads(Task* self) {
  g_threads.first = self != nullptr && !IsGoroutine(*self) ? self : nullptr;
  if (g_threads.first != nullptr) self->all_next = nullptr;
}

Task& NewThreadTask(trace::TaskKind kind, bool has_handle) {
  const recorder::Unseen unseen;
  Task* task = nullptr;
  g_threads.lock.Lock();
  for (Task* each = g_threads.first; each != nullptr && task == nullptr; each = each->all_next) {
    if (each->life.load(std::memory_order_acquire) == Life::kUnused) task = each;
  }
  if (task == nullptr) {
    task = new Task(kind);
    task->all_next = g_threads.first;
    g_threads.first = task;
  }
  task->kind = kind;
  task->bound = true;
  task->tracked = {};
  task->attempts = {};
  task->turn.ordinal = 0;
  task->stack_top = 0;
  task->unwind = task->unwinding = false;
  task->park.store(kIdle, std::memory_order_relaxed);
  task->parties.store(has_handle ? 2 : 1, std::memory_order_relaxed);
  task->join.store(kNotJoined, std::memory_order_relaxed);
  task->life.store(Life::kLive, std::memory_order_release);
  g_threads.lock.Unlock();
  if (kind == trace::TaskKind::kThread) {
    ActivityBegins();
    recorder::SetSettled(IsSettled);
  }
  return *task;
}

void AdoptThread(Task& task) {
  SetCurrentTask(&task);
  // The main thread's task lasts as long as the program.
  if (task.kind != trace::TaskKind::kThread) return;
  if (IsMainThread()) {
    t_adopted.is_main = true;
    task.SetName("main");
  } else {
    t_adopted.task = &task;
  }
}

bool IsGone() { return t_adopted.gone && !IsMainThread(); }

bool IsExiting() { return g_exits.load(std::memory_order_relaxed) && IsMainThread(); }

Task& AdoptUnknownThread() {
  // After its end a thread runs destructors only: they are nobody's.
  const bool gone = IsGone();
  Task& task = NewThreadTask(gone ? trace::TaskKind::kInternal : trace::TaskKind::kThread);
  AdoptThread(task);
  if (schedule::Controller* control = Control(); control != nullptr && !gone) {
    control->Add(task.turn);
    AwaitTurn(task);
  }
  return task;
}

void RetireThreadTask(Task& task) {
  const bool joined = task.join.exchange(kEnded, std::memory_order_acq_rel) == kJoinerSleeps;
  task.life.store(Life::kEnded, std::memory_order_release);
  if (schedule::Controller* control = Control()) {
    if (joined) control->Add(task.joiner->turn);
    control->Leave(task.turn);
  }
  LeaveParty(task);
  if (!joined) ActivityEnds();
}

void ReleaseHandle(Task& task) { LeaveParty(task); }

bool BeginJoin(const Task& child) { return child.join.load(std::memory_order_acquire) != kEnded; }

bool JoinSleeps(Task& child) {
  Task& self = CurrentTask();
  if (IsGoroutine(self)) BindToThread(self);  // its worker's other goroutines go on
  child.joiner = &self;
  self.joins.store(true, std::memory_order_relaxed);
  std::uint32_t none = kNotJoined;
  if (!child.join.compare_exchange_strong(none, kJoinerSleeps)) return false;
  ActivityEnds();
  if (schedule::Controller* control = Control()) control->Leave(self.turn);
  return true;
}

void JoinWakes(Task& child, bool slept, bool joined) {
  Task& self = CurrentTask();
  self.joins.store(false, std::memory_order_relaxed);
  schedule::Controller* control = Control();
  std::uint32_t sleeping = kJoinerSleeps;
  if (slept && !joined && child.join.compare_exchange_strong(sleeping, kNotJoined)) {
    ActivityBegins();
    if (control != nullptr) control->Add(self.turn);
  }
  if (slept && control != nullptr) AwaitTurn(self);
  if (IsGoroutine(self)) UnbindFromThread(self);
}

StackBounds StackOf(const Task& task) {
  void* bottom = task.context.stack_bottom;
  std::size_t size = task.context.stack_size;
  if (bottom == nullptr) {
    const recorder::Unseen unseen;  // the C library allocates under a lock
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &bottom, &size);
      pthread_attr_destroy(&attributes);
    }
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(bottom);
  return {begin, begin + size};
}

std::uintptr_t StackTop(Task& task) {
  if (IsGoroutine(task)) return StackOf(task).end;
  if (task.stack_top == 0) task.stack_top = StackOf(task).end;
  return task.stack_top;
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

// The end of the main thread ends the program, even where that thread never was a task.
[[gnu::constructor(103)]] static void FollowMainThread() {
  using namespace gordian::internal;  // NOLINT
  if (IsMainThread()) t_adopted.is_main = true;
}
