// Tests as their authors wrote them, with a bug or its correct twin. Run by inprocess_test.
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;
using gordian::WaitGroup;

// Two locks, taken in opposite orders by two goroutines that wait for each other's first.
void Cross(Mutex& a, Mutex& b, WaitGroup& done) {
  Chan<int> first_a(1), first_b(1);
  done.Go("a then b", [&, first_a, first_b] {
    a.Lock();
    first_a.Send(1);
    first_b.Recv();
    b.Lock();
    b.Unlock();
    a.Unlock();
  });
  done.Go("b then a", [&, first_a, first_b] {
    b.Lock();
    first_b.Send(1);
    first_a.Recv();
    a.Lock();
    a.Unlock();
    b.Unlock();
  });
}

TEST(Deadlock, HangsTheTest) {
  Mutex a{"a"}, b{"b"};
  WaitGroup done;
  Cross(a, b, done);
  done.Wait();
}

TEST(Deadlock, OnARWMutex) {
  gordian::RWMutex mu{"mu"};
  std::shared_lock reads(mu);
  mu.Lock();
}

TEST(Deadlock, OnANilChannel) { Chan<int>().Recv(); }

// The same while somebody else goes on, who would be told to stop only after it.
TEST(Deadlock, OfSomeTasksOnly) {
  Mutex a{"a"}, b{"b"};
  WaitGroup done;
  Chan<int> stop(0);
  Go("heartbeat", [stop] {
    while (gordian::Select(gordian::Recv(stop), gordian::Default()) != 0)
      gordian::Sleep(absl::Milliseconds(5));
  });
  Cross(a, b, done);
  done.Wait();
  stop.Close();
}

// Long enough to be looked at, with locks that wait for a while.
TEST(Deadlock, TwinThatTakesItsTime) {
  Mutex a{"a"}, signal{"signal"};
  WaitGroup done;
  signal.Lock();
  done.Go("holder", [&] {
    std::scoped_lock lock(a);
    gordian::Sleep(absl::Milliseconds(900));
    signal.Unlock();
  });
  done.Go("waiter", [&] { std::scoped_lock lock(a); });
  signal.Lock();
  done.Wait();
}

TEST(Deadlock, AfterItOthersRun) { EXPECT_TRUE(true); }

TEST(Deadlock, OfTheTestItself) {
  Mutex mu{"mu"};
  mu.Lock();
  mu.Lock();
}

TEST(Deadlock, TwinTakesOneOrder) {
  Mutex a{"a"}, b{"b"};
  WaitGroup done;
  for (int i = 0; i < 2; ++i) {
    done.Go([&] { std::scoped_lock both(a, b); });
  }
  done.Wait();
}

TEST(Deadlock, OfPlainThreads) {
  Mutex a{"a"}, b{"b"};
  WaitGroup started;
  started.Add(2);
  auto lock_both = [&](Mutex& one, Mutex& other) {
    one.Lock();
    started.Done();
    started.Wait();
    other.Lock();
  };
  std::thread one([&] { lock_both(a, b); });
  std::thread other([&] { lock_both(b, a); });
  one.join();
  other.join();
}

TEST(Leak, OfAGoroutine) {
  Chan<int> results(0);
  Go("forgotten sender", [results] { results.Send(42); });
  gordian::Gosched();
}

TEST(Leak, OnPurpose) {
  Chan<int> never(0);
  Go("keepalive 1", [never] { never.Recv(); });
}

TEST(Leak, TwinReceives) {
  Chan<int> results(0);
  Go("sender", [results] { results.Send(42); });
  EXPECT_EQ(results.Recv(), 42);
}

TEST(Leak, SettlesWithinTheGrace) {
  Go("slow but sure", [] { gordian::Sleep(absl::Milliseconds(50)); });
}

TEST(Misuse, UnlockOfUnlockedIsFatal) {
  Mutex mu{"mu"};
  mu.Unlock();
}

TEST(Misuse, PanicThatLeavesAGoroutine) {
  Chan<int> closed(1);
  closed.Close();
  WaitGroup done;
  done.Go("late sender", [&] { closed.Send(1); });
  done.Wait();
}

[[gnu::noinline]] int Dig(volatile int* depth) {
  volatile char here[512];
  here[0] = 1;
  *depth = *depth + 1;
  return *depth < 0 ? 0 : Dig(depth) + here[0];
}

TEST(Misuse, RunsOverItsStack) {
  WaitGroup done;
  done.Go("digger", [] {
    int depth = 0;
    Dig(&depth);
  });
  done.Wait();
}

Mutex g_registry{"registry"};

TEST(Held, LeftByTheBody) { g_registry.Lock(); }

// Held for all its tests, by a fixture that begins before them; and for one, across SetUp and
// TearDown.
class FixtureWithLocks : public testing::Test {
 protected:
  static void SetUpTestSuite() { for_all_.Lock(); }
  static void TearDownTestSuite() { for_all_.Unlock(); }
  void SetUp() override { for_one_.Lock(); }
  void TearDown() override { for_one_.Unlock(); }

  inline static Mutex for_all_{"for all"}, for_one_{"for one"};
};

TEST_F(FixtureWithLocks, TwinOne) {}
TEST_F(FixtureWithLocks, TwinTwo) {}

TEST(Misuse, AfterItOthersRun) { EXPECT_TRUE(true); }

struct LocksInItsDestructor {
  ~LocksInItsDestructor() {
    mu->Lock();
    mu->Lock();
  }
  Mutex* mu;
};

TEST(Deadlock, InADestructor) {
  Mutex mu{"mu"};
  LocksInItsDestructor guard{&mu};
}

TEST(Time, DoesNotEnd) { std::this_thread::sleep_for(std::chrono::hours(1)); }

TEST(Last, Runs) { EXPECT_TRUE(true); }

// Opposite orders, but one goroutine after the other.
void OneAfterTheOther(Mutex& first, Mutex& second) {
  WaitGroup done;
  done.Go("forth", [&] {
    std::scoped_lock one(first);
    std::scoped_lock two(second);
  });
  done.Wait();
  done.Go("back", [&] {
    std::scoped_lock two(second);
    std::scoped_lock one(first);
  });
  done.Wait();
}

TEST(Suspected, OppositeOrders) {
  Mutex a{"a"}, b{"b"};
  OneAfterTheOther(a, b);
}

TEST(Suspected, OppositeOrdersAgain) {
  Mutex a{"a"}, b{"b"};
  OneAfterTheOther(a, b);
}

}  // namespace
