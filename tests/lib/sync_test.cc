// Cond, WaitGroup and Once.

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gordian/atomic.h"
#include "gordian/cond.h"
#include "gordian/go.h"
#include "gordian/mutex.h"
#include "gordian/once.h"
#include "gordian/panic.h"
#include "gordian/runtime.h"
#include "gordian/rwmutex.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

TEST(Cond, SignalWakesTheLongestWaiter) {
  Mutex mu;
  Cond cond(&mu);
  std::vector<int> woken;
  int waiting = 0;
  WaitGroup group;
  for (int i = 0; i < 3; ++i) {
    group.Go([&, i] {
      mu.Lock();
      ++waiting;
      cond.Wait();
      woken.push_back(i);
      mu.Unlock();
    });
    for (bool there = false; !there; Gosched()) {
      mu.Lock();
      there = waiting == i + 1;
      mu.Unlock();
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    cond.Signal();
    for (bool there = false; !there; Gosched()) {
      mu.Lock();
      there = woken.size() == i + 1;
      mu.Unlock();
    }
  }
  group.Wait();
  EXPECT_EQ(woken, (std::vector<int>{0, 1, 2}));
}

TEST(Cond, BroadcastWakesAllAndASignalIsNotKept) {
  Mutex mu;
  Cond cond(&mu);
  cond.Signal();  // nobody waits: lost
  int waiting = 0;
  WaitGroup group;
  for (int i = 0; i < 10; ++i) {
    group.Go([&] {
      mu.Lock();
      ++waiting;
      cond.Wait();
      mu.Unlock();
    });
  }
  for (bool all = false; !all; Gosched()) {
    mu.Lock();
    all = waiting == 10;
    mu.Unlock();
  }
  cond.Broadcast();
  group.Wait();
}

TEST(Cond, QueueBetweenThreadsAndGoroutines) {
  constexpr int kItems = 4000;
  Mutex mu;
  Cond not_empty(&mu), not_full(&mu);
  std::deque<int> queue;
  long long sum = 0;
  WaitGroup group;
  for (int consumer = 0; consumer < 4; ++consumer) {
    group.Go([&] {
      for (int i = 0; i < kItems / 2; ++i) {
        mu.Lock();
        while (queue.empty()) not_empty.Wait();
        sum += queue.front();
        queue.pop_front();
        mu.Unlock();
        not_full.Signal();
      }
    });
  }
  std::vector<std::thread> producers;
  for (int producer = 0; producer < 2; ++producer) {
    producers.emplace_back([&] {
      for (int i = 1; i <= kItems; ++i) {
        mu.Lock();
        while (queue.size() == 10) not_full.Wait();
        queue.push_back(i);
        mu.Unlock();
        not_empty.Signal();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  group.Wait();
  EXPECT_EQ(sum, 2LL * kItems * (kItems + 1) / 2);
}

// Objects of namespace scope, with their names, are there before any constructor runs.
constinit Mutex g_mutex{"accounts"};
constinit RWMutex g_rwmutex{"table"};
constinit Once g_once{"setup"};
constinit WaitGroup g_group{"workers"};
constinit Atomic<int> g_number{1, "number"};

TEST(Constants, AreUsable) {
  g_group.Go([] {
    g_once.Do([] {
      const std::scoped_lock both(g_mutex, g_rwmutex);
      g_number.Add(1);
    });
  });
  g_group.Wait();
  EXPECT_EQ(g_number.Load(), 2);
}

TEST(Cond, WorksWithTheReadSideOfAnRWMutex) {
  RWMutex mu;
  Cond cond(mu.RLocker());
  bool ready = false;
  WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([&] {
      mu.RLock();
      while (!ready) cond.Wait();
      mu.RUnlock();
    });
  }
  mu.Lock();
  ready = true;
  mu.Unlock();
  cond.Broadcast();
  group.Wait();
}

TEST(CondDeathTest, WaitWithoutItsLockIsFatal) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Mutex mu;
  EXPECT_EXIT(Cond(&mu).Wait(), testing::ExitedWithCode(66), "without its lock");
}

TEST(WaitGroup, WaitsForAll) {
  WaitGroup group;
  std::atomic<int> done{0};
  for (int i = 0; i < 1000; ++i) group.Go("part", [&] { ++done; });
  group.Wait();
  EXPECT_EQ(done.load(), 1000);
}

TEST(WaitGroup, MayBeDestroyedAsSoonAsWaitReturns) {
  for (int round = 0; round < 3000; ++round) {
    auto group = std::make_unique<WaitGroup>();
    WaitGroup* raw = group.get();
    raw->Add(2);
    Go([raw] { raw->Done(); });
    Go([raw] { raw->Done(); });
    raw->Wait();
    group.reset();
  }
}

TEST(WaitGroup, ManyWait) {
  WaitGroup gate, done;
  gate.Add(1);
  std::atomic<int> passed{0};
  for (int i = 0; i < 50; ++i) {
    done.Go([&] {
      gate.Wait();
      ++passed;
    });
  }
  gate.Done();
  done.Wait();
  EXPECT_EQ(passed.load(), 50);
}

TEST(WaitGroup, ANegativeCounterPanics) {
  WaitGroup group;
  EXPECT_THROW(group.Done(), Panic);
  group.Add(1);
  EXPECT_THROW(group.Add(-2), Panic);
  group.Done();
  group.Wait();
}

TEST(Once, RunsOnceAndAllSeeIt) {
  for (int round = 0; round < 200; ++round) {
    Once once;
    int runs = 0;
    WaitGroup group;
    for (int i = 0; i < 8; ++i) {
      group.Go([&] {
        once.Do([&] {
          Gosched();
          ++runs;
        });
        ASSERT_EQ(runs, 1);
      });
    }
    group.Wait();
  }
}

TEST(Once, LaterFunctionsDoNotRun) {
  Once once;
  std::string ran;
  once.Do([&] { ran += "first"; });
  once.Do([&] { ran += "second"; });
  EXPECT_EQ(ran, "first");
}

TEST(Once, OneThatThrowsCountsAsDone) {
  Once once;
  EXPECT_THROW(once.Do([] { throw Panic("no"); }), Panic);
  bool again = false;
  once.Do([&] { again = true; });
  EXPECT_FALSE(again);
}

TEST(Once, CallingItselfPanics) {
  Once once;
  EXPECT_THROW(once.Do([&] { once.Do([] {}); }), Panic);
}

TEST(Once, OnceValueComputesOnceAndRepeatsItsException) {
  int computed = 0;
  auto value = OnceValue([&] { return ++computed; });
  EXPECT_EQ(value(), 1);
  EXPECT_EQ(value(), 1);
  auto fails = OnceFunc([] { throw Panic("no"); });
  EXPECT_THROW(fails(), Panic);
  EXPECT_THROW(fails(), Panic);
}

}  // namespace
}  // namespace gordian
