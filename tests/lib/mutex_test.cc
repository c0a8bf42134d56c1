// Mutex and RWMutex: exclusion, fairness, and the standard's names.

#include "gordian/mutex.h"

#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "gordian/go.h"
#include "gordian/lock_in_order.h"
#include "gordian/runtime.h"
#include "gordian/rwmutex.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

// Runs `body(i)` in `goroutines` goroutines and `threads` threads, and waits for all.
template <typename Body>
void Mixed(int goroutines, int threads, Body body) {
  WaitGroup group;
  std::vector<std::thread> plain;
  for (int i = 0; i < goroutines; ++i) group.Go([&body, i] { body(i); });
  for (int i = 0; i < threads; ++i)
    plain.emplace_back([&body, i, goroutines] { body(goroutines + i); });
  for (std::thread& thread : plain) thread.join();
  group.Wait();
}

TEST(Mutex, CountsExactlyFromGoroutinesAndThreads) {
  constexpr int kRounds = 5000;
  Mutex mu;
  int counter = 0;
  Mixed(8, 2, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      mu.Lock();
      ++counter;
      mu.Unlock();
    }
  });
  EXPECT_EQ(counter, 10 * kRounds);
}

TEST(Mutex, TryLockFailsWhileHeldAndSucceedsAfter) {
  Mutex mu;
  ASSERT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryLock());
  mu.Unlock();
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(Mutex, IsALockableOfTheStandard) {
  Mutex a, b;
  {
    std::scoped_lock both(a, b);
    EXPECT_FALSE(a.try_lock());
    EXPECT_FALSE(b.TryLock());
  }
  std::unique_lock one(a, std::try_to_lock);
  EXPECT_TRUE(one.owns_lock());
}

TEST(Mutex, MayBeUnlockedByAnotherTask) {
  Mutex mu;
  mu.Lock();
  Go([&] { mu.Unlock(); });
  mu.Lock();
  mu.Unlock();
}

TEST(Mutex, AStarvedWaiterIsHandedTheLock) {
  Mutex mu;
  std::atomic<bool> served{false};
  WaitGroup group;
  group.Go([&] {
    while (!served.load()) {
      mu.Lock();
      Sleep(absl::Microseconds(200));
      mu.Unlock();  // and at once again: without a handover it would nearly always win
    }
  });
  group.Go([&] {
    Sleep(absl::Milliseconds(1));
    mu.Lock();
    served.store(true);
    mu.Unlock();
  });
  group.Wait();
}

// Whoever gets the lock last may destroy it, while the one before is still leaving.
TEST(Mutex, MayBeDestroyedByTheNextHolder) {
  for (int round = 0; round < 2000; ++round) {
    auto* mu = new Mutex;
    int left = 2;
    WaitGroup group;
    for (int i = 0; i < 2; ++i) {
      group.Go([&] {
        mu->Lock();
        const bool last = --left == 0;
        mu->Unlock();
        if (last) delete mu;
      });
    }
    group.Wait();
  }
}

using MutexDeathTest = testing::Test;

TEST(MutexDeathTest, UnlockOfAnUnlockedMutexIsFatal) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(Mutex().Unlock(), testing::ExitedWithCode(66), "unlock of an unlocked Mutex");
  EXPECT_EXIT(RWMutex().Unlock(), testing::ExitedWithCode(66), "unlock of an unlocked RWMutex");
  EXPECT_EXIT(RWMutex().RUnlock(), testing::ExitedWithCode(66), "not read-locked");
}

TEST(RWMutex, ReadersShareWritersDoNot) {
  RWMutex mu;
  mu.RLock();
  EXPECT_TRUE(mu.TryRLock());
  EXPECT_FALSE(mu.TryLock());
  mu.RUnlock();
  mu.RUnlock();
  ASSERT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryRLock());
  mu.Unlock();
}

TEST(RWMutex, AWaitingWriterKeepsNewReadersOut) {
  RWMutex mu;
  mu.RLock();
  WaitGroup group;
  group.Go([&] {
    mu.Lock();
    mu.Unlock();
  });
  while (mu.TryRLock()) {  // until the writer waits
    mu.RUnlock();
    Gosched();
  }
  mu.RUnlock();
  group.Wait();
  EXPECT_TRUE(mu.TryRLock());
  mu.RUnlock();
}

TEST(RWMutex, ReadersNeverSeeAHalfWrittenPair) {
  constexpr int kRounds = 3000;
  RWMutex mu;
  int a = 0;
  int b = 0;
  Mixed(6, 2, [&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      if (i % 3 == 0) {
        std::unique_lock lock(mu);
        ++a;
        ++b;
      } else {
        std::shared_lock lock(mu);
        ASSERT_EQ(a, b);
      }
    }
  });
  EXPECT_EQ(a, 3 * kRounds);
}

TEST(LockInOrder, TasksThatNameTheLocksTheOtherWayRoundDoNotDeadlock) {
  Mutex a, b;
  int sum = 0;
  Mixed(4, 2, [&](int i) {
    for (int round = 0; round < 200; ++round) {
      LockInOrder both(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a);
      ++sum;
      if (round % 50 == 0) Gosched();
    }
  });
  EXPECT_EQ(sum, 6 * 200);
}

TEST(LockInOrder, TheSameLockTwiceIsTakenOnce) {
  Mutex mu;
  {
    LockInOrder both(mu, mu);
    EXPECT_FALSE(mu.TryLock());
  }
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

}  // namespace
}  // namespace gordian
