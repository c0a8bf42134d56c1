#include "instrument/interpose/watcher.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "instrument/interpose/next.h"
#include "instrument/interpose/own_threads.h"
#include "instrument/interpose/task_dump.h"
#include "instrument/interpose/thread.h"
#include "instrument/recorder/attach.h"
#include "instrument/recorder/region.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)> g_create{
    "pthread_create"};

constexpr std::size_t kStackBytes = std::size_t{256} << 10;
constexpr int kIdleMs = 100;
// How often it is looked whether all threads but ours have ended, once the first one has.
constexpr int kLookMs = 20;

struct Watcher {
  std::atomic<bool> made{false};
  std::atomic<pid_t> thread{0};
  std::atomic<std::uint32_t> woken{0};  // futex: counts
  std::atomic<std::uint32_t> dumps{0};  // that were asked for
  std::atomic<bool> first_ended{false};
};
constinit Watcher g_watcher;

void Wake() {
  g_watcher.woken.fetch_add(1);
  recorder::FutexWake(g_watcher.woken);
}

// The C library ends a process whose last thread ends; it counts ours as well.
void EndIfAlone() {
  if (!IsOnlyThread()) return;
  BeFree(t_thread);
  exit(0);
}

void* Watch(void*) {
  BeBusy(t_thread);
  prctl(PR_SET_NAME, "gordian-watch");
  g_watcher.thread.store(gettid());
  for (std::uint32_t done = 0;;) {
    const std::uint32_t woken = g_watcher.woken.load();
    if (const std::uint32_t dumps = g_watcher.dumps.load(); dumps != done) {
      done = dumps;
      DumpTasks(nullptr);
      continue;
    }
    const bool first_ended = g_watcher.first_ended.load();
    if (first_ended) EndIfAlone();
    // Others are still there, and hold what handlers of the exit may want.
    if (const auto status = recorder::StatusOfHang()) syscall(SYS_exit_group, *status);
    recorder::FutexWait(g_watcher.woken, woken, first_ended ? kLookMs : kIdleMs);
  }
}

}  // namespace

void EnsureWatcher() {
  if (g_watcher.made.load(std::memory_order_relaxed) || g_watcher.made.exchange(true)) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread;
  g_create(&thread, &attributes, Watch, nullptr);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

pid_t WatcherThread() { return g_watcher.thread.load(std::memory_order_relaxed); }

bool WakeWatcher() {
  if (WatcherThread() == 0) return false;
  g_watcher.dumps.fetch_add(1);
  Wake();
  return true;
}

void FirstThreadEnded() {
  g_watcher.first_ended.store(true);
  Wake();
}

void ForgetWatcher() {
  g_watcher.made.store(false);
  g_watcher.thread.store(0);
  g_watcher.first_ended.store(false);
}

}  // namespace gordian::interpose
