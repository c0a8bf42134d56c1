#include "instrument/interpose/thread.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "instrument/interpose/access_site.h"
#include "instrument/interpose/call_site.h"
#include "instrument/interpose/fiber.h"
#include "instrument/interpose/memory_events.h"
#include "instrument/interpose/spin.h"
#include "instrument/interpose/watcher.h"

extern "C" {
constinit thread_local gordian::hooks::Filter gordian_filter;
}

namespace gordian::interpose {
namespace {

pthread_key_t g_key;

// Those that are recorded.
struct ThreadList {
  SpinLock lock;
  ThreadState* first = nullptr;
};
constinit ThreadList g_threads;

void Enlist(ThreadState& thread) {
  SpinGuard guard(g_threads.lock);
  thread.next = g_threads.first;
  thread.previous = nullptr;
  if (thread.next != nullptr) thread.next->previous = &thread;
  g_threads.first = &thread;
}

void Delist(ThreadState& thread) {
  SpinGuard guard(g_threads.lock);
  if (thread.next != nullptr) thread.next->previous = thread.previous;
  if (thread.previous != nullptr) {
    thread.previous->next = thread.next;
  } else if (g_threads.first == &thread) {
    g_threads.first = thread.next;
  }
  thread.next = thread.previous = nullptr;
}

// Key destructors run in rounds, as long as there is something to destroy. Ours waits for the last
// round but one: those of the program, which may lock, are then over, and the recorder's
// own, in the last round, is still to come.
constexpr int kLastRound = PTHREAD_DESTRUCTOR_ITERATIONS - 1;

// Its task has ended, and no other one has begun.
void WriteEnd(ThreadState& thread) {
  const auto how = static_cast<std::uint64_t>(trace::TaskEndReason::kReturned);
  recorder::Local(*thread.log, trace::EventType::kTaskEnd, thread.task.id, 0, {.operands = {how}});
}

void OnThreadExit(void* data) {
  auto& thread = *static_cast<ThreadState*>(data);
  if (++thread.exit_rounds < kLastRound) {
    pthread_setspecific(g_key, &thread);
    return;
  }
  EndThread(thread);
}

bool AdoptAsGuest(ThreadState& thread) {
  if (thread.error == nullptr) thread.error = &errno;
  const int saved = *thread.error;
  const recorder::Stretch stretch = recorder::internal::TheHost()->stretch();
  *thread.error = saved;
  if (stretch.log == nullptr) return false;
  thread.log = stretch.log;
  thread.stack_end = stretch.stack_end;
  if (thread.sites != nullptr) return true;
  thread.os_thread = gettid();
  thread.sites = new SiteCache;
  pthread_setspecific(g_key, &thread);
  return true;
}

}  // namespace

constinit thread_local ThreadState t_thread;
constinit std::atomic<bool> g_instrumented{false};

void EmptyFilter() { gordian_filter = {}; }

void MakeThreadKey() { pthread_key_create(&g_key, OnThreadExit); }

bool Adopt(ThreadState& thread, trace::TaskId task) {
  if (thread.ended) return false;
  if (recorder::IsGuest()) return AdoptAsGuest(thread);
  thread.error = &errno;
  const int saved = errno;
  thread.os_thread = gettid();
  thread.log = &recorder::Log();
  if (thread.sites == nullptr) thread.sites = new SiteCache;
  // A signal's handler came before the thread's own beginning: it was a task of its own.
  if (task != 0 && thread.task.id != 0) {
    WriteEnd(thread);
    recorder::StopTask(*thread.log);
    thread.task = {};
  }
  // After a fork the one thread goes on as the task it was.
  if (thread.task.id == 0) {
    thread.task.id = task != 0 ? task : recorder::NewTask();
    // Of an earlier recording than there can be: nobody spawned it in this one.
    if (task == 0) thread.task.generation = ~std::uint32_t{0};
    pthread_setspecific(g_key, &thread);
    Delist(thread);
    Enlist(thread);
  }
  recorder::RunTask(*thread.log, RunningTask(thread));
  StackBegan(thread);
  *thread.error = saved;
  return true;
}

// Not under the lock, which a thread that is gone may have held.
void ForgetOtherStates(ThreadState& own) {
  const bool was_known = own.task.id != 0;
  new (&g_threads) ThreadList;
  if (was_known) Enlist(own);
}

void ForEachThread(FunctionRef<void(const ThreadState&)> visit) {
  SpinGuard guard(g_threads.lock);
  for (const ThreadState* thread = g_threads.first; thread != nullptr; thread = thread->next) {
    visit(*thread);
  }
}

void EndThread(ThreadState& thread) {
  thread.ended = true;
  thread.busy = true;
  if (thread.log != nullptr) {
    if (recorder::On()) {
      StackEnded(thread);
      if (thread.fiber != nullptr) recorder::RunTask(*thread.log, thread.task);
      WriteEnd(thread);
    }
    recorder::StopTask(*thread.log);
  }
  Delist(thread);
  thread.log = nullptr;
  ForgetFibers(thread);
  delete thread.sites;
  thread.sites = nullptr;
  delete thread.access_sites;
  thread.access_sites = nullptr;
  if (thread.os_thread == getpid()) FirstThreadEnded();
}

}  // namespace gordian::interpose
