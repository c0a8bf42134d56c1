// Invariants under load: nothing is left behind by who gave up, nobody is passed over for long, and
// an exception at any point leaves things as they were.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gordian/gordian.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using testing::LetGoroutinesPark;

// --- Who gives up --------------------------------------------------------------

// Goroutines wait for what may not come, each with a context that is cancelled at some moment.
TEST(SyncStress, CancelledWaitersLeaveNothingBehind) {
  std::mt19937 random(7);
  const std::int64_t before = NumGoroutine();
  const Chan<int> a(0), b(2);
  Semaphore semaphore(2);
  RateLimiter limiter(Per(1000, absl::Seconds(1)), 1);
  for (int round = 0; round < 100; ++round) {
    auto [ctx, cancel] = WithCancel(Background());
    WaitGroup group;
    for (int i = 0; i < 12; ++i) {
      group.Go([&, i, ctx = ctx] {
        switch (i % 6) {
          case 0:
            Select(Recv(a), Recv(b), Recv(ctx.Done()));
            break;
          case 1:
            Select(Send(a, i), Recv(ctx.Done()));
            break;
          case 2:
            Select(Send(b, i), Recv(a), Recv(ctx.Done()));
            break;
          case 3:
            if (semaphore.Acquire(ctx, 1 + i % 2).ok()) {
              Gosched();
              semaphore.Release(1 + i % 2);
            }
            break;
          case 4:
            limiter.Wait(ctx).IgnoreError();
            break;
          default: {
            auto [child, cancel_child] = WithTimeout(ctx, absl::Microseconds(i * 20));
            child.Done().Recv();
            cancel_child();
          }
        }
      });
    }
    for (unsigned i = random() % 6; i > 0; --i) Gosched();
    cancel();
    group.Wait();
  }
  for (int i = 0; i < 1000 && NumGoroutine() > before; ++i) Sleep(absl::Milliseconds(1));
  EXPECT_EQ(NumGoroutine(), before);
  EXPECT_TRUE(semaphore.TryAcquire(2));
  EXPECT_TRUE(testing::NoTimers());
  // Nobody stands in a queue: a try finds no partner.
  EXPECT_EQ(Select(Send(a, 1), Recv(a), Default()), 2);
  EXPECT_EQ(a.core()->handles(), 1u);
}

// --- Fairness ------------------------------------------------------------------

void BusyFor(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

// One holds the lock nearly all the time; the other asks now and then. A waiter of over 1 ms is
// handed the lock, so that sections of 20 µs pass it 50 times, and a few more until then.
TEST(SyncStress, AMutexPassesNobodyOverForLong) {
  Mutex mu;
  std::atomic<bool> stop{false};
  std::atomic<int> taken{0};
  const auto greedy = [&] {
    while (!stop) {
      mu.Lock();
      ++taken;
      BusyFor(std::chrono::microseconds(20));
      mu.Unlock();
    }
  };
  std::thread first(greedy), second(greedy);
  int worst = 0;
  for (int i = 0; i < 30; ++i) {
    const int asked = taken;
    mu.Lock();
    worst = std::max(worst, taken - asked);
    mu.Unlock();
    Gosched();
  }
  stop = true;
  first.join();
  second.join();
  RecordProperty("most_overtakes", worst);
  EXPECT_LE(worst, 300);
}

TEST(SyncStress, ASelectTakesEachReadyCaseAsOftenAsTheOthers) {
  constexpr int kTimes = 8000;
  std::array<Chan<Unit>, 4> c;
  for (Chan<Unit>& each : c) {
    each = Chan<Unit>(0);
    each.Close();
  }
  std::array<int, 4> taken{};
  for (int i = 0; i < kTimes; ++i) {
    ++taken.at(static_cast<std::size_t>(Select(Recv(c[0]), Recv(c[1]), Recv(c[2]), Recv(c[3]))));
  }
  for (int times : taken) EXPECT_NEAR(times, kTimes / 4, kTimes / 20);
}

TEST(SyncStress, ReadersAndWritersBothGetOn) {
  RWMutex mu;
  int value = 0;
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0};
  WaitGroup readers;
  for (int i = 0; i < 4; ++i) {
    readers.Go([&] {
      while (!stop) {
        mu.RLock();
        reads += value >= 0;
        mu.RUnlock();
        Gosched();
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    mu.Lock();
    ++value;
    mu.Unlock();
    const int seen = reads;
    while (reads == seen) Gosched();  // readers get in between any two writes
  }
  stop = true;
  readers.Wait();
  EXPECT_EQ(value, 300);
}

// --- Exceptions ----------------------------------------------------------------

// Throws at the n-th copy or move, and counts its own.
struct Brittle {
  static inline int until_throw = -1;
  static inline int alive = 0;
  int value = 0;

  static void Step() {
    if (until_throw >= 0 && until_throw-- == 0) throw std::runtime_error("brittle");
  }
  explicit Brittle(int of) : value(of) { ++alive; }
  Brittle(const Brittle& other) : value((Step(), other.value)) { ++alive; }
  Brittle(Brittle&& other) noexcept(false) : value((Step(), other.value)) { ++alive; }
  Brittle& operator=(const Brittle& other) {
    Step();
    value = other.value;
    return *this;
  }
  Brittle& operator=(Brittle&& other) noexcept(false) {
    Step();
    value = other.value;
    return *this;
  }
  ~Brittle() { --alive; }
};

// Runs `body` with an exception at its first step, its second, … until it comes to its end.
template <typename Body>
void ThrowAtEveryPoint(Body body) {
  for (int n = 0;; ++n) {
    ASSERT_LT(n, 100);
    Brittle::until_throw = n;
    bool thrown = false;
    try {
      body();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    Brittle::until_throw = -1;
    EXPECT_EQ(Brittle::alive, 0) << "at point " << n;
    if (!thrown) return;
  }
}

TEST(SyncStress, AnExceptionAtAnyPointOfAChannelsUseLeavesItUsable) {
  ThrowAtEveryPoint([] {
    const Chan<Brittle> c(2);
    try {
      c.Send(Brittle(1));
      Select(Send(c, Brittle(2)), Default());
      c.Recv();
      Select(Recv(c, [](std::optional<Brittle> got) { EXPECT_EQ(got->value, 2); }));
    } catch (const std::runtime_error&) {
      Brittle::until_throw = -1;
      while (c.Len() > 0) c.Recv();
      c.Send(Brittle(3));
      EXPECT_EQ(c.Recv()->value, 3);
      throw;
    }
  });
}

TEST(SyncStress, AnExceptionAtAnyPointOfAMapOrPoolOrValueLeavesItUsable) {
  ThrowAtEveryPoint([] {
    SyncMap<int, Brittle> map;
    AtomicValue<Brittle> value;
    Pool<std::optional<Brittle>> pool;
    try {
      map.Store(1, Brittle(1));
      map.LoadOrStore(2, Brittle(2));
      map.Swap(1, Brittle(3));
      map.LoadAndDelete(2);
      value.Store(Brittle(4));
      value.Swap(Brittle(5));
      value.Load();
      pool.Put(Brittle(6));
      pool.Get();
    } catch (const std::runtime_error&) {
      Brittle::until_throw = -1;
      map.Store(1, Brittle(7));
      EXPECT_EQ(map.Load(1)->value, 7);
      value.Store(Brittle(8));
      EXPECT_EQ(value.Load()->value, 8);
      pool.Put(Brittle(9));
      pool.Get();
      throw;
    }
  });
}

TEST(SyncStress, AnExceptionInACallableLeavesItsPrimitiveUsable) {
  const Chan<int> c(1);
  c.Send(1);
  EXPECT_THROW(Select(Recv(c, [] { throw std::runtime_error("no"); })), std::runtime_error);
  EXPECT_EQ(c.Len(), 0u);  // it had been received
  Pool<int> pool([]() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW(pool.Get(), std::runtime_error);
  SyncMap<int, int> map;
  map.Store(1, 1);
  EXPECT_THROW(map.Range([](int, int) -> bool { throw std::runtime_error("no"); }),
               std::runtime_error);
  map.Store(1, 2);
  SingleFlight<int, int> flight;
  EXPECT_THROW(flight.Do(1, []() -> int { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(*flight.Do(1, [] { return 1; }).value, 1);
}

}  // namespace
}  // namespace gordian
