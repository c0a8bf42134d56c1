// Atomics and Shared: values are never torn or lost, except where the program itself races.
#include "gordian/atomic.h"

#include <string>
#include <thread>
#include <vector>

#include "gordian/shared.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

TEST(AtomicTest, EachOperationReturnsWhatGoReturns) {
  Atomic<int> n{5};
  EXPECT_EQ(n.Load(), 5);
  EXPECT_EQ(n.Add(2), 7);
  EXPECT_EQ(n.Add(-3), 4);
  EXPECT_EQ(n.Swap(10), 4);
  EXPECT_FALSE(n.CompareAndSwap(4, 1));
  EXPECT_TRUE(n.CompareAndSwap(10, 1));
  n.Store(3);
  EXPECT_EQ(n.Load(), 3);
  EXPECT_EQ(Atomic<int>().Load(), 0);
}

TEST(AtomicTest, HoldsBooleansEnumerationsAndPointers) {
  enum class State { kOff, kOn };
  Atomic<bool> flag{false, "flag"};
  EXPECT_FALSE(flag.Swap(true));
  EXPECT_TRUE(flag.Load());
  Atomic<State> state{State::kOff};
  EXPECT_TRUE(state.CompareAndSwap(State::kOff, State::kOn));
  int target = 0;
  Atomic<int*> pointer{&target};
  EXPECT_EQ(pointer.Load(), &target);
}

TEST(AtomicTest, ConcurrentAddsAllCount) {
  Atomic<int> n{0};
  WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([&] {
      for (int k = 0; k < 10'000; ++k) n.Add(1);
    });
  }
  std::thread thread([&] {
    for (int k = 0; k < 10'000; ++k) {
      int seen = n.Load();
      while (!n.CompareAndSwap(seen, seen + 1)) seen = n.Load();
    }
  });
  thread.join();
  group.Wait();
  EXPECT_EQ(n.Load(), 50'000);
}

TEST(AtomicValueTest, IsEmptyUntilTheFirstStore) {
  AtomicValue<std::string> value;
  EXPECT_EQ(value.Load(), std::nullopt);
  EXPECT_FALSE(value.CompareAndSwap("", "x"));
  value.Store("one");
  EXPECT_EQ(value.Load(), "one");
  EXPECT_EQ(value.Swap("two"), "one");
  EXPECT_FALSE(value.CompareAndSwap("one", "three"));
  EXPECT_TRUE(value.CompareAndSwap("two", "three"));
  EXPECT_EQ(value.Load(), "three");
}

TEST(AtomicValueTest, ReadersSeeWholeValues) {
  struct Pair {
    int a, b;
  };
  AtomicValue<Pair> value("pair");
  value.Store({0, 0});
  WaitGroup group;
  group.Go([&] {
    for (int i = 1; i <= 20'000; ++i) value.Store({i, -i});
  });
  for (int last = 0; last < 20'000;) {
    const std::optional<Pair> seen = value.Load();
    ASSERT_EQ(seen->a, -seen->b);
    ASSERT_GE(seen->a, last);
    last = seen->a;
  }
  group.Wait();
}

TEST(SharedTest, ReadsAndWritesLikeAVariable) {
  Shared<int> n{4, "n"};
  n = n + 1;
  n += 10;
  n -= 5;
  EXPECT_EQ(n, 10);
  EXPECT_EQ(++n, 11);
  EXPECT_EQ(n++, 11);
  EXPECT_EQ(--n, 11);
  n.Write(2);
  EXPECT_EQ(n.Read(), 2);
  Shared<std::string> text{"a"};
  text = "b";
  text += "c";
  EXPECT_EQ(text.Read(), "bc");
}

TEST(SharedTest, ARaceLosesUpdatesButTearsNothing) {
  Shared<std::string> text{std::string(64, 'a')};
  WaitGroup group;
  for (char letter : {'b', 'c'}) {
    group.Go([&text, letter] {
      for (int i = 0; i < 5'000; ++i) text = std::string(64, letter);
    });
  }
  for (int i = 0; i < 5'000; ++i) {
    const std::string seen = text;
    ASSERT_EQ(seen, std::string(64, seen.front()));
  }
  group.Wait();
}

}  // namespace
}  // namespace gordian
