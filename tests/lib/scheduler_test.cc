// Goroutines: numbers, limits, locked threads, preemption, escaped panics.

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/mutex.h"
#include "gordian/panic.h"
#include "gordian/runtime.h"
#include "gordian/select.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kMany = 2'000;
#else
constexpr int kMany = 100'000;
#endif
#else
constexpr int kMany = 100'000;
#endif

void WaitForGoroutines(std::int64_t count) {
  while (NumGoroutine() != count) Gosched();
}

TEST(Scheduler, NumGoroutineCountsMainAndThoseThatLive) {
  WaitForGoroutines(1);
  WaitGroup gate;
  gate.Add(1);
  for (int i = 0; i < 5; ++i) Go([&] { gate.Wait(); });
  EXPECT_EQ(NumGoroutine(), 6);
  gate.Done();
  WaitForGoroutines(1);
}

TEST(Scheduler, AHundredThousandGoroutinesPark) {
  WaitGroup started, gate, done;
  started.Add(kMany);
  gate.Add(1);
  for (int i = 0; i < kMany; ++i) {
    done.Go([&] {
      started.Done();
      gate.Wait();
    });
  }
  started.Wait();
  gate.Done();
  done.Wait();
  WaitForGoroutines(1);
}

class Procs : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { before_ = GoMaxProcs(GetParam()); }
  void TearDown() override { GoMaxProcs(before_); }
  int before_ = 0;
};
INSTANTIATE_TEST_SUITE_P(GoMaxProcs, Procs, testing::Values(1, 2, 4));

TEST_P(Procs, SpawnTreesAndPipelinesComeToAnEnd) {
  EXPECT_EQ(GoMaxProcs(0), GetParam());
  std::atomic<int> leaves{0};
  WaitGroup group;
  std::function<void(int)> grow = [&](int depth) {
    if (depth == 0) {
      ++leaves;
      return;
    }
    for (int i = 0; i < 2; ++i) group.Go([&grow, depth] { grow(depth - 1); });
  };
  grow(10);
  group.Wait();
  EXPECT_EQ(leaves.load(), 1024);

  Chan<int> first(0);
  RecvChan<int> last = first;
  for (int stage = 0; stage < 20; ++stage) {
    Chan<int> next(0);
    Go([in = last, next] {
      for (int value : in) next.Send(value + 1);
      next.Close();
    });
    last = next;
  }
  Go([first] {
    for (int i = 0; i < 100; ++i) first.Send(i);
    first.Close();
  });
  int sum = 0;
  for (int value : last) sum += value;
  EXPECT_EQ(sum, 4950 + 20 * 100);
}

// A thief that empties the queue leaves what stands in the next slot to its owner, who has to look
// there once more.
TEST_P(Procs, WhatWasWokenLastRunsWhoeverStealsTheRest) {
  constexpr int kEach = kMany / 2;
  const Chan<int> a(0), b(0);
  WaitGroup group;
  group.Go([&] {
    for (const Chan<int>& c : {a, b}) {
      Go([c] {
        for (int i = 0; i < kEach; ++i) c.Send(i);
      });
    }
    for (int i = 0; i < 2 * kEach; ++i) Select(Recv(a), Recv(b));
  });
  group.Wait();
  WaitForGoroutines(1);
}

TEST_P(Procs, AtMostThatManyRunAtOnce) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  WaitGroup group;
  for (int i = 0; i < 16; ++i) {
    group.Go([&] {
      for (int round = 0; round < 20; ++round) {
        const int now = ++running;
        for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        --running;
        Gosched();
      }
    });
  }
  group.Wait();
  EXPECT_LE(most.load(), GetParam());
}

TEST(Scheduler, LockOSThreadKeepsTheThreadAndLetsOthersRun) {
  WaitGroup group;
  Chan<int> ping(0), pong(0);
  group.Go([&] {
    LockOSThread();
    const std::thread::id mine = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i) {
      ping.Send(i);
      EXPECT_EQ(pong.Recv(), i);
      EXPECT_EQ(std::this_thread::get_id(), mine);
    }
    UnlockOSThread();
    Gosched();
  });
  group.Go([&] {
    for (int i = 0; i < 100; ++i) pong.Send(*ping.Recv());
  });
  group.Wait();
}

TEST(Scheduler, AJoinInAGoroutineDoesNotStopTheOthers) {
  const int before = GoMaxProcs(1);
  Chan<Unit> go(0);
  WaitGroup group;
  group.Go([&] {
    std::thread thread([&] { go.Recv(); });
    thread.join();
  });
  group.Go([&] { go.Send({}); });
  group.Wait();
  GoMaxProcs(before);
}

// One processor, and a loop that only polls: after its 10 ms it gives way at its next operation.
TEST(Scheduler, APollingLoopDoesNotKeepTheOthersOut) {
  const int before = GoMaxProcs(1);
  WaitGroup group;
  Mutex mu;
  bool ready = false;
  group.Go([&] {
    for (bool seen = false; !seen;) {
      mu.Lock();
      seen = ready;
      mu.Unlock();
    }
  });
  group.Go([&] {
    mu.Lock();
    ready = true;
    mu.Unlock();
  });
  group.Wait();
  GoMaxProcs(before);
}

TEST(SchedulerDeathTest, APanicThatLeavesAGoroutineEndsTheProgram) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto escape = [] {
    WaitGroup never;
    never.Add(1);
    Go("cheese shop", [] { throw Panic("out of cheese"); });
    never.Wait();
  };
  EXPECT_EXIT(escape(), testing::ExitedWithCode(66),
              "panic: out of cheese\n  thrown at .*scheduler_test.cc:[0-9]+\n"
              ".*goroutine [0-9]+ \"cheese shop\", started at .*scheduler_test.cc:[0-9]+\n");
}

}  // namespace
}  // namespace gordian
