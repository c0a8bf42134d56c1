// Semaphores: order of service, cancelling, numbers, and what is recorded.
#include "gordian/semaphore.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gordian/context.h"
#include "gordian/go.h"
#include "gordian/panic.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "tests/lib/recorded.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::LetGoroutinesPark;
using testing::Recorded;

TEST(SemaphoreTest, TakesAndGivesBackSeveralAtATime) {
  Semaphore semaphore(3);
  EXPECT_TRUE(semaphore.TryAcquire(2));
  EXPECT_FALSE(semaphore.TryAcquire(2));
  EXPECT_TRUE(semaphore.TryAcquire());
  EXPECT_TRUE(semaphore.TryAcquire(0));
  semaphore.Release(3);
  EXPECT_TRUE(semaphore.Acquire(Background(), 3).ok());
  semaphore.Release(3);
}

TEST(SemaphoreTest, PanicsOnWhatCannotBe) {
  Semaphore semaphore(2);
  EXPECT_THROW(semaphore.Release(), Panic);
  EXPECT_TRUE(semaphore.TryAcquire());
  EXPECT_THROW(semaphore.Release(2), Panic);
  semaphore.Release();
  EXPECT_THROW(semaphore.TryAcquire(-1), Panic);
  EXPECT_THROW(semaphore.Release(-1), Panic);
  EXPECT_THROW(semaphore.Acquire(Background(), -1).IgnoreError(), Panic);
  EXPECT_THROW(Semaphore(-1), Panic);
}

TEST(SemaphoreTest, ServesInTheOrderOfAsking) {
  Semaphore semaphore(4);
  ASSERT_TRUE(semaphore.TryAcquire(4));
  std::vector<int> served;  // by one at a time
  WaitGroup group;
  for (int i = 0; i < 5; ++i) {
    group.Go([&, i] {
      EXPECT_TRUE(semaphore.Acquire(Background(), 4).ok());
      served.push_back(i);
      semaphore.Release(4);
    });
    LetGoroutinesPark();
  }
  semaphore.Release(4);
  group.Wait();
  EXPECT_THAT(served, ElementsAre(0, 1, 2, 3, 4));
}

TEST(SemaphoreTest, ALargeRequestIsNotPassedBySmallOnes) {
  Semaphore semaphore(3);
  ASSERT_TRUE(semaphore.TryAcquire(1));
  std::atomic<bool> large{false}, small{false};
  WaitGroup group;
  group.Go([&] {
    EXPECT_TRUE(semaphore.Acquire(Background(), 3).ok());
    large = true;
    EXPECT_FALSE(small);
    semaphore.Release(3);
  });
  LetGoroutinesPark();
  EXPECT_FALSE(semaphore.TryAcquire(1));
  group.Go([&] {
    EXPECT_TRUE(semaphore.Acquire(Background(), 1).ok());
    small = true;
    semaphore.Release(1);
  });
  LetGoroutinesPark();
  EXPECT_FALSE(large || small);
  semaphore.Release(1);
  group.Wait();
}

TEST(SemaphoreTest, OneReleaseServesAllThatFit) {
  Semaphore semaphore(5);
  ASSERT_TRUE(semaphore.TryAcquire(5));
  std::atomic<int> served{0};
  WaitGroup group;
  for (int i = 0; i < 5; ++i) {
    group.Go([&] {
      EXPECT_TRUE(semaphore.Acquire(Background()).ok());
      ++served;
    });
  }
  LetGoroutinesPark();
  semaphore.Release(3);
  LetGoroutinesPark();
  EXPECT_EQ(served, 3);
  semaphore.Release(2);
  group.Wait();
}

TEST(SemaphoreTest, ACancelledRequestTakesNothing) {
  Semaphore semaphore(2);
  ASSERT_TRUE(semaphore.TryAcquire(1));
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup group;
  group.Go([&, ctx = ctx] { EXPECT_TRUE(absl::IsCancelled(semaphore.Acquire(ctx, 2))); });
  LetGoroutinesPark();
  cancel();
  group.Wait();
  EXPECT_TRUE(semaphore.TryAcquire(1));
  EXPECT_TRUE(absl::IsCancelled(semaphore.Acquire(ctx)));  // beforehand
  semaphore.Release(2);
  EXPECT_TRUE(absl::IsCancelled(semaphore.Acquire(ctx)));  // though there are some
  EXPECT_TRUE(semaphore.TryAcquire(2));
  semaphore.Release(2);
}

TEST(SemaphoreTest, WhoWaitedBehindACancelledOneIsServed) {
  Semaphore semaphore(3);
  ASSERT_TRUE(semaphore.TryAcquire(1));
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup group;
  group.Go([&, ctx = ctx] { EXPECT_FALSE(semaphore.Acquire(ctx, 3).ok()); });
  LetGoroutinesPark();
  group.Go([&] { EXPECT_TRUE(semaphore.Acquire(Background(), 2).ok()); });
  LetGoroutinesPark();
  cancel();
  group.Wait();
  EXPECT_FALSE(semaphore.TryAcquire(1));
  semaphore.Release(3);
}

TEST(SemaphoreTest, ADeadlineEndsAWait) {
  Semaphore semaphore(1);
  ASSERT_TRUE(semaphore.TryAcquire());
  auto [ctx, cancel] = WithTimeout(Background(), absl::Milliseconds(5));
  EXPECT_TRUE(absl::IsDeadlineExceeded(semaphore.Acquire(ctx)));
  cancel();
  semaphore.Release();
}

TEST(SemaphoreTest, ARequestForMoreThanThereIsHoldsNobodyUp) {
  Semaphore semaphore(1);
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup group;
  group.Go([&, ctx = ctx] { EXPECT_TRUE(absl::IsCancelled(semaphore.Acquire(ctx, 2))); });
  LetGoroutinesPark();
  EXPECT_TRUE(semaphore.TryAcquire());
  semaphore.Release();
  cancel();
  group.Wait();
}

TEST(SemaphoreTest, CancelsAndReleasesAtOnceLeaveTheRightNumber) {
  Semaphore semaphore(3);
  for (int round = 0; round < 300; ++round) {
    ASSERT_TRUE(semaphore.TryAcquire(3)) << round;
    auto [ctx, cancel] = WithCancel(Background());
    WaitGroup group;
    for (int i = 0; i < 4; ++i) {
      group.Go([&, ctx = ctx, i] {
        if (semaphore.Acquire(ctx, 1 + i % 3).ok()) semaphore.Release(1 + i % 3);
      });
    }
    std::thread canceller([cancel = cancel] { cancel(); });
    semaphore.Release(3);
    group.Wait();
    canceller.join();
  }
  EXPECT_TRUE(semaphore.TryAcquire(3));
}

TEST(SemaphoreTest, WorksBetweenThreadsAndGoroutines) {
  Semaphore semaphore(2);
  std::atomic<int> inside{0}, most{0};
  const auto work = [&] {
    for (int i = 0; i < 500; ++i) {
      EXPECT_TRUE(semaphore.Acquire(Background()).ok());
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      --inside;
      semaphore.Release();
    }
  };
  WaitGroup group;
  for (int i = 0; i < 3; ++i) group.Go(work);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  group.Wait();
  EXPECT_LE(most, 2);
}

TEST(SemaphoreTest, IsRecorded) {
  const Recorded trace([] {
    Semaphore semaphore(2, "slots");
    EXPECT_TRUE(semaphore.TryAcquire(2));
    WaitGroup group;
    group.Go("worker", [&] {
      EXPECT_TRUE(semaphore.Acquire(Background()).ok());
      semaphore.Release();
    });
    LetGoroutinesPark();
    semaphore.Release(2);
    group.Wait();
  });
  // A request says only "not before": a legal order may have it later than it was made.
  std::vector<std::string> lines = trace.Of("slots");
  EXPECT_EQ(std::erase(lines, "worker sem-request n=1"), 1u);
  EXPECT_THAT(lines, ElementsAre("main object kind=9 detail=2", "main sem-acquire try n=2",
                                 "main sem-release n=2", "worker sem-acquire for n=1",
                                 "worker sem-release n=1", "main object-end"));
}

// Attempts that follow each other without a change are one record.
TEST(SemaphoreTest, AFailedTryIsRecorded) {
  const Recorded trace([] {
    Semaphore semaphore(1, "slots");
    EXPECT_TRUE(semaphore.TryAcquire());
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(semaphore.TryAcquire());
    semaphore.Release();
  });
  EXPECT_THAT(
      trace.Of("slots"),
      ElementsAre("main object kind=9 detail=1", "main sem-acquire try n=1",
                  "main trylock-fail try count=1", "main sem-release n=1", "main object-end"));
}

TEST(SemaphoreTest, ACancelledWaitIsRecorded) {
  const Recorded trace([] {
    Semaphore semaphore(1, "slots");
    EXPECT_TRUE(semaphore.TryAcquire());
    auto [ctx, cancel] = WithCancel(Background(), "request");
    WaitGroup group;
    group.Go("worker", [&, ctx = ctx] { EXPECT_FALSE(semaphore.Acquire(ctx).ok()); });
    LetGoroutinesPark();
    cancel();
    group.Wait();
    semaphore.Release();
  });
  EXPECT_THAT(trace.By("worker"), ::testing::Contains("worker wait-end why=1"));
  EXPECT_THAT(trace.By("worker"), ::testing::Contains("worker hb-acquire"));
}

}  // namespace
}  // namespace gordian
