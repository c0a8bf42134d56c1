// Standstill, freezing and unwinding.

#include "gordian/internal/freeze.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "gordian/chan.h"
#include "gordian/cond.h"
#include "gordian/go.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "gordian/mutex.h"
#include "gordian/runtime.h"
#include "gordian/rwmutex.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

using internal::FreezeTask;
using internal::StandingStill;
using internal::Task;
using internal::UnwindTask;

// Runs `body` in a goroutine and returns its task once it is parked.
Task& Stuck(std::function<void()> body) {
  std::atomic<Task*> task{nullptr};
  Go([&task, body = std::move(body)] {
    task.store(&internal::CurrentTask());
    body();
  });
  while (task.load() == nullptr || !internal::IsParked(*task.load())) Gosched();
  return *task.load();
}

TEST(Freeze, AFrozenWaiterIsPassedOver) {
  auto& mu = *new Mutex;  // outlives the frozen goroutine's stack, like all it refers to
  mu.Lock();
  Task& frozen = Stuck([&] { mu.Lock(); });
  ASSERT_TRUE(FreezeTask(frozen));
  EXPECT_FALSE(internal::IsParked(frozen));
  mu.Unlock();
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(Freeze, AFrozenReceiverTakesNothing) {
  auto& chan = *new Chan<int>(0);
  ASSERT_TRUE(FreezeTask(Stuck([&] { chan.Recv(); })));
  Go([&] { chan.Send(7); });
  EXPECT_EQ(chan.Recv(), 7);
}

struct SetsAtEnd {
  std::atomic<bool>* flag;
  ~SetsAtEnd() { flag->store(true); }
};

template <typename Block>
void ExpectUnwinds(Block block) {
  std::atomic<bool> left{false};
  Task& task = Stuck([&left, block] {
    const SetsAtEnd at_end{&left};
    block();
    ADD_FAILURE() << "it was served";
  });
  const std::int64_t before = NumGoroutine();
  ASSERT_TRUE(UnwindTask(task));
  while (NumGoroutine() != before - 1) Gosched();
  EXPECT_TRUE(left.load());
}

TEST(Unwind, EveryPrimitiveLetsGo) {
  Mutex mu;
  mu.Lock();
  ExpectUnwinds([&] { mu.Lock(); });
  ExpectUnwinds([&] { const std::scoped_lock lock(mu); });
  mu.Unlock();

  RWMutex rw;
  rw.Lock();
  ExpectUnwinds([&] { rw.RLock(); });
  ExpectUnwinds([&] { rw.Lock(); });
  rw.Unlock();
  EXPECT_TRUE(rw.TryRLock());
  rw.RUnlock();

  WaitGroup group;
  group.Add(1);
  ExpectUnwinds([&] { group.Wait(); });
  group.Done();
  group.Wait();

  Mutex guard;
  Cond cond(&guard);
  ExpectUnwinds([&] {
    const std::scoped_lock lock(guard);
    cond.Wait();
  });
  cond.Broadcast();

  Chan<int> chan(0);
  ExpectUnwinds([&] { chan.Send(1); });
  ExpectUnwinds([&] { chan.Recv(); });
}

std::atomic<std::uint32_t> g_still{0};

TEST(Standstill, IsSeenWhenTheLastTaskStops) {
  internal::OnStandstill([] {
    if (g_still.exchange(1) == 0) internal::FutexWake(g_still);
  });
  // A thread that the library does not know watches, and lets the program go on.
  static Chan<int>* const chan = new Chan<int>(0);
  Task* main = &internal::CurrentTask();
  internal::StartInternalThread(
      [](void* task) -> void* {
        while (g_still.load() == 0) internal::FutexWait(g_still, 0);
        EXPECT_TRUE(StandingStill());
        EXPECT_TRUE(UnwindTask(*static_cast<Task*>(task)));
        return nullptr;
      },
      main);
  std::thread stuck_thread([] { EXPECT_EQ(chan->Recv(), 1); });
  Go([] { EXPECT_EQ(chan->Recv(), 1); });
  EXPECT_FALSE(StandingStill());
  bool unwound = false;
  try {
    Chan<int>(0).Recv();
  } catch (const internal::Unwound&) {
    unwound = true;
  }
  internal::OnStandstill(nullptr);
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(StandingStill());
  chan->Send(1);
  chan->Send(1);
  stuck_thread.join();
}

TEST(Standstill, IsNoneWhileATimerIsArmedOrAThreadEnds) {
  std::atomic<int> falsely{0};
  static std::atomic<int>* counter;
  counter = &falsely;
  internal::OnStandstill([] { ++*counter; });
  for (int i = 0; i < 50; ++i) {
    std::thread([] { Sleep(absl::Microseconds(100)); }).join();
    WaitGroup group;
    group.Go([] { Sleep(absl::Microseconds(100)); });
    group.Wait();
  }
  internal::OnStandstill(nullptr);
  EXPECT_EQ(falsely.load(), 0);
}

}  // namespace
}  // namespace gordian
