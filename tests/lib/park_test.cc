// Parking and waking: the ground that every primitive stands on.

#include <atomic>
#include <thread>
#include <vector>

#include "gordian/go.h"
#include "gordian/internal/task.h"
#include "gordian/internal/timers.h"
#include "gordian/runtime.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

using internal::CurrentTask;
using internal::Park;
using internal::ParkResult;
using internal::ParkUntil;
using internal::SpinLock;
using internal::Waiter;
using internal::WaiterQueue;
using internal::Wake;

// The semaphore of task.h's example, with a count.
class Tokens {
 public:
  void Acquire() {
    lock_.Lock();
    if (free_ > 0) {
      --free_;
      lock_.Unlock();
      return;
    }
    Waiter self(CurrentTask());
    queue_.PushBack(self);
    Park(self, &lock_);
  }

  bool AcquireUntil(absl::Time deadline) {
    lock_.Lock();
    if (free_ > 0) {
      --free_;
      lock_.Unlock();
      return true;
    }
    std::atomic<std::uint32_t> claimed{0};
    Waiter self(CurrentTask());
    self.claimed = &claimed;
    queue_.PushBack(self);
    if (ParkUntil(self, &lock_, deadline) == ParkResult::kWoken) return true;
    lock_.Lock();
    queue_.Remove(self);
    lock_.Unlock();
    return false;
  }

  void Release() {
    lock_.Lock();
    Waiter* next = queue_.PopFrontClaimed();
    if (next == nullptr) ++free_;
    lock_.Unlock();
    if (next != nullptr) Wake(*next);
  }

 private:
  SpinLock lock_;
  WaiterQueue queue_;
  int free_ = 0;
};

TEST(Park, GoroutineWakesThread) {
  Tokens done;
  int value = 0;
  Go([&] {
    value = 42;
    done.Release();
  });
  done.Acquire();
  EXPECT_EQ(value, 42);
}

TEST(Park, GoroutineServesThreads) {
  constexpr int kRounds = 1000;
  Tokens asked, answered, done;
  Go([&] {
    for (int i = 0; i < 2 * kRounds; ++i) asked.Acquire(), answered.Release();
    done.Release();
  });
  const auto ask = [&] {
    for (int i = 0; i < kRounds; ++i) asked.Release(), answered.Acquire();
  };
  std::thread thread(ask);
  ask();
  thread.join();
  done.Acquire();
}

TEST(Park, GoroutinesPassATokenAround) {
  constexpr int kRounds = 100'000;
  Tokens there, back, done;
  Go([&] {
    for (int i = 0; i < kRounds; ++i) there.Acquire(), back.Release();
    done.Release();
  });
  Go([&] {
    for (int i = 0; i < kRounds; ++i) there.Release(), back.Acquire();
    done.Release();
  });
  done.Acquire();
  done.Acquire();
}

TEST(Park, TimesOut) {
  Tokens never;
  const absl::Time start = internal::TimeNow();
  EXPECT_FALSE(never.AcquireUntil(start + absl::Milliseconds(20)));
  EXPECT_GE(internal::TimeNow() - start, absl::Milliseconds(20));
}

TEST(Park, WokenBeforeItsDeadline) {
  Tokens tokens;
  Go([&] { tokens.Release(); });
  EXPECT_TRUE(tokens.AcquireUntil(internal::TimeNow() + absl::Seconds(20)));
}

TEST(Park, ManyGoroutinesAtOnce) {
  constexpr int kGoroutines = 20'000;
  Tokens gate, done;
  for (int i = 0; i < kGoroutines; ++i) {
    Go([&] {
      gate.Acquire();
      done.Release();
    });
  }
  for (int i = 0; i < kGoroutines; ++i) gate.Release();
  for (int i = 0; i < kGoroutines; ++i) done.Acquire();
}

}  // namespace
}  // namespace gordian
