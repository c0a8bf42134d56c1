#include "gordian/internal/forked.h"

#include <pthread.h>

#include "gordian/internal/activity.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/timers.h"

namespace gordian::internal {

constinit std::uint8_t g_fork_generation = 1;

namespace {

Task* g_forked_main = nullptr;

void BeforeFork() {
  LockNames();
  LockJoinable();
  LockTimers();
}

void AfterForkInParent() {
  UnlockTimers();
  UnlockJoinable();
  UnlockNames();
}

void AfterForkInChild() {
  g_fork_generation = g_fork_generation == 255 ? 1 : g_fork_generation + 1;
  Task* const self = CurrentTaskOrNull();
  g_forked_main = self;
  OnStandstill(nullptr);
  ForgetHooks();
  UnlockNames();
  ForgetJoinable();
  const std::int64_t timers = ForgetTimers();
  ForgetStacks();
  ForgetExit();
  ForgetPoller();
  ForgetGoroutines(self);
  ForgetThreads(self);
  ForgetScheduler(self);
  g_activity.store(timers + (self != nullptr ? 1 : 0));
  ControlAnew(self);
  if (timers > 0) WakeTimerThread();
}

}  // namespace

Task* ForkedMain() { return g_forked_main; }

}  // namespace gordian::internal

// After the recorder's own, so that the child's trace has begun when this file's part runs.
[[gnu::constructor(103)]] static void FollowForks() {
  using namespace gordian::internal;  // NOLINT
  pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
}
