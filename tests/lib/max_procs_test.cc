// GoMaxProcs changed while goroutines run: work is neither lost nor left lying, and the new limit
// holds soon after.
#include <atomic>
#include <chrono>
#include <thread>

#include "gordian/gordian.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

class LimitChanges : public testing::Test {
 protected:
  void TearDown() override { GoMaxProcs(before_); }
  const int before_ = GoMaxProcs(0);
};

// Goroutines of every kind: short ones, some that talk, sleep, block, or keep their thread.
void Work(int rounds) {
  Chan<int> numbers(3);
  WaitGroup done;
  std::atomic<int> sum{0};
  done.Go([=] {
    for (int i = 0; i < rounds; ++i) numbers.Send(i);
    numbers.Close();
  });
  for (int k = 0; k < 3; ++k) {
    done.Go([&] {
      for (const int number : numbers) {
        done.Go([&, number] { sum += number; });
        if (number % 16 == 0) Sleep(absl::Microseconds(10));
        if (number % 64 == 1) {
          Blocking([] { std::this_thread::sleep_for(std::chrono::microseconds(100)); });
        }
        if (number % 64 == 2) {
          LockOSThread();
          Gosched();
          UnlockOSThread();
        }
      }
    });
  }
  done.Wait();
  EXPECT_EQ(sum, rounds * (rounds - 1) / 2);
}

TEST_F(LimitChanges, NothingIsLost) {
  std::atomic<bool> stop{false};
  WaitGroup changer, done;
  changer.Go([&] {
    for (unsigned i = 1; !stop; i = i * 1664525 + 1013904223) {
      GoMaxProcs(1 + static_cast<int>(i >> 29));
      Sleep(absl::Microseconds(i >> 23));
    }
  });
  for (int i = 0; i < 4; ++i) done.Go([] { Work(500); });
  done.Wait();
  stop = true;
  changer.Wait();
}

// How many of `tasks` run at once, at most, within 20 ms.
int Most(std::atomic<int>& most) {
  most = 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return most;
}

TEST_F(LimitChanges, TheNewLimitHolds) {
  if (std::getenv("GORDIAN_OPTIONS") != nullptr) GTEST_SKIP() << "a policy runs one at a time";
  std::atomic<bool> stop{false};
  std::atomic<int> running{0}, most{0};
  WaitGroup done;
  GoMaxProcs(4);
  for (int i = 0; i < 8; ++i) {
    done.Go([&] {
      while (!stop) {
        const int now = ++running;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(20));
        --running;
        Gosched();
      }
    });
  }
  // Whoever runs beyond the limit goes on until it switches; so it is not there at once.
  const auto holds = [&](int limit) {
    for (int i = 0; i < 200; ++i) {
      if (Most(most) == limit) return true;
    }
    return false;
  };
  EXPECT_TRUE(holds(4));
  GoMaxProcs(1);
  EXPECT_TRUE(holds(1));
  GoMaxProcs(3);
  EXPECT_TRUE(holds(3));
  stop = true;
  done.Wait();
}

}  // namespace
}  // namespace gordian
