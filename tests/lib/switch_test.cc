// What a switch between goroutines must not mix up: exceptions, thread-local addresses, stacks.

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gordian/go.h"
#include "gordian/internal/stacks.h"
#include "gordian/internal/task.h"
#include "gordian/runtime.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

// Two goroutines that switch inside their catch blocks keep their own exceptions.
TEST(Switch, ExceptionsInFlightStayWithTheirGoroutine) {
  WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.Go([i] {
      for (int round = 0; round < 50; ++round) {
        const std::string mine = std::to_string(i) + "/" + std::to_string(round);
        try {
          throw std::runtime_error(mine);
        } catch (const std::runtime_error& caught) {
          Gosched();
          EXPECT_EQ(caught.what(), mine);
          try {
            std::rethrow_exception(std::current_exception());
          } catch (const std::exception& again) {
            Gosched();
            EXPECT_EQ(again.what(), mine);
          }
        }
        EXPECT_EQ(std::current_exception(), nullptr);
      }
    });
  }
  group.Wait();
}

struct CountsUncaught {
  int* seen;
  ~CountsUncaught() {
    Gosched();
    *seen = std::uncaught_exceptions();
  }
};

TEST(Switch, UncaughtExceptionsAreCountedPerGoroutine) {
  WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([i] {
      for (int round = 0; round < 50; ++round) {
        int seen = -1;
        try {
          const CountsUncaught counts{&seen};
          if (i % 2 == 0) throw 1;
        } catch (int) {
        }
        EXPECT_EQ(seen, i % 2 == 0 ? 1 : 0);
      }
    });
  }
  group.Wait();
}

// The task is looked up afresh after each switch, though nothing in between seems to change it.
TEST(Switch, TheCurrentTaskIsRightOnWhateverThreadItRuns) {
  GoMaxProcs(4);
  WaitGroup group;
  std::atomic<int> moved{0};
  for (int i = 0; i < 16; ++i) {
    group.Go([&moved] {
      internal::Task* const self = &internal::CurrentTask();
      std::thread::id before = std::this_thread::get_id();
      for (int round = 0; round < 500; ++round) {
        Gosched();
        ASSERT_EQ(&internal::CurrentTask(), self);
        if (std::this_thread::get_id() != before) ++moved;
        before = std::this_thread::get_id();
      }
    });
  }
  group.Wait();
  GoMaxProcs(NumCpu());
}

int Deep(int depth) {
  volatile char frame[4000];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? frame[0] : Deep(depth - 1) + frame[0] * 0;
}

TEST(Switch, StacksAreDeepEnoughForOrdinaryCode) {
  WaitGroup group;
  for (int i = 0; i < 4; ++i) group.Go([] { EXPECT_EQ(Deep(40), 0); });
  group.Wait();
}

int WithoutEnd(int depth) {
  volatile char frame[1000];
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : WithoutEnd(depth + 1) + frame[0];
}

TEST(SwitchDeathTest, AStackOverflowHitsTheGuard) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  ASSERT_NE(internal::NextGuardKind(), internal::GuardKind::kCanary);
  EXPECT_DEATH(
      {
        WaitGroup group;
        group.Go([] { static_cast<void>(WithoutEnd(0)); });
        group.Wait();
      },
      "");
}

// Where there is no guard, the lowest words of the stack tell.
TEST(Switch, ACanaryDiesWhenTheLowestWordsAreWritten) {
  internal::Stack stack;
  ASSERT_TRUE(internal::NewStack(stack));
  EXPECT_FALSE(internal::CanaryDied(stack));
  stack.bottom[8] = std::byte{1};
  EXPECT_TRUE(internal::CanaryDied(stack));
  internal::ReleaseDeepPages(stack, 4096);
  EXPECT_FALSE(internal::CanaryDied(stack));
}

}  // namespace
}  // namespace gordian
