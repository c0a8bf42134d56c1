// What Go's documentation promises and no other test shows: the lines of docs/go-semantics.md. And
// that every test which that page names is there.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gordian/gordian.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::LetGoroutinesPark;

// --- Channels ------------------------------------------------------------------

TEST(GoSemantics, WhatWasBufferedOutlivesTheClose) {
  const Chan<int> c(2);
  c.Send(1);
  c.Send(2);
  c.Close();
  EXPECT_EQ(c.Len(), 2u);
  EXPECT_EQ(c.Recv(), 1);
  EXPECT_EQ(c.Recv(), 2);
  EXPECT_EQ(c.Recv(), std::nullopt);
  EXPECT_EQ(c.Recv(), std::nullopt);
}

TEST(GoSemantics, LenCountsTheBufferAndNotThoseWhoWait) {
  const Chan<int> c(2);
  EXPECT_EQ(c.Cap(), 2u);
  for (int i = 0; i < 4; ++i) Go([=] { c.Send(i); });
  LetGoroutinesPark();
  EXPECT_EQ(c.Len(), 2u);
  for (int i = 0; i < 4; ++i) c.Recv();
  EXPECT_EQ(Chan<int>(0).Cap(), 0u);
}

TEST(GoSemantics, ANilChannelInASelectTurnsItsCaseOff) {
  Chan<int> a(1), b(1);
  a.Send(1);
  b.Send(2);
  std::vector<int> got;
  for (int i = 0; i < 2; ++i) {
    Select(Recv(a, [&](std::optional<int> n) { got.push_back(*n), a = {}; }),
           Recv(b, [&](std::optional<int> n) { got.push_back(*n), b = {}; }));
  }
  EXPECT_THAT(got, ::testing::UnorderedElementsAre(1, 2));
  EXPECT_EQ(Select(Recv(a), Send(b, 3), Default()), 2);
}

TEST(GoSemantics, OperandsOfASelectAreEvaluatedOnceWhetherTakenOrNot) {
  const Chan<int> ready(1), full(0);
  int channels = 0, values = 0;
  const auto channel = [&](const Chan<int>& c) {
    ++channels;
    return c;
  };
  const auto value = [&] { return ++values; };
  EXPECT_EQ(Select(Send(channel(full), value()), Send(channel(ready), value())), 1);
  EXPECT_EQ(channels, 2);
  EXPECT_EQ(values, 2);
}

TEST(GoSemantics, ASelectCannotServeItself) {
  const Chan<int> c(0);
  EXPECT_EQ(Select(Send(c, 1), Recv(c), Default()), 2);
}

TEST(GoSemantics, ASentValueIsACopy) {
  const Chan<std::vector<int>> c(1);
  std::vector<int> numbers = {1, 2};
  c.Send(numbers);
  numbers.clear();
  EXPECT_THAT(*c.Recv(), ElementsAre(1, 2));
}

TEST(GoSemantics, AClosedChannelIsReadyAgainAndAgain) {
  const Chan<int> c(0);
  c.Close();
  const Chan<int> never(0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Select(Recv(never), Recv(c), Default()), 1);
}

TEST(GoSemantics, APollingSelectOnOneProcessorLetsTheOthersRun) {
  const int before = GoMaxProcs(1);
  const Chan<Unit> done(0);
  WaitGroup group;
  group.Go([&] {
    for (bool on = true; on;) Select(Recv(done, [&] { on = false; }), Default());
  });
  group.Go([&] { done.Close(); });
  group.Wait();
  GoMaxProcs(before);
}

// --- sync ----------------------------------------------------------------------

TEST(GoSemantics, AWaitGroupIsUsedAgainAfterWaitHasReturned) {
  WaitGroup group;
  group.Wait();  // nothing to wait for
  for (int round = 0; round < 3; ++round) {
    int sum = 0;
    Mutex mu;
    for (int i = 0; i < 4; ++i) {
      group.Go([&] {
        const std::scoped_lock lock(mu);
        ++sum;
      });
    }
    group.Wait();
    EXPECT_EQ(sum, 4);
  }
}

TEST(GoSemantics, AddMayCountSeveral) {
  WaitGroup group;
  group.Add(3);
  group.Add(-1);
  for (int i = 0; i < 2; ++i) Go([&] { group.Done(); });
  group.Wait();
}

TEST(GoSemantics, CondWaitHoldsTheLockAgainWhenItReturns) {
  Mutex mu;
  Cond cond(&mu);
  bool ready = false;
  WaitGroup group;
  group.Go([&] {
    mu.Lock();
    while (!ready) cond.Wait();
    EXPECT_FALSE(mu.TryLock());
    mu.Unlock();
  });
  LetGoroutinesPark();
  mu.Lock();
  ready = true;
  mu.Unlock();
  cond.Signal();  // without the lock, which is allowed
  group.Wait();
}

TEST(GoSemantics, ReadersThatWaitedForAWriterGoBeforeTheNextWriter) {
  RWMutex mu;
  mu.Lock();
  std::vector<std::string> order;
  Mutex order_mu;
  const auto note = [&](const char* what) {
    const std::scoped_lock lock(order_mu);
    order.emplace_back(what);
  };
  WaitGroup group;
  group.Go([&] {
    mu.Lock();
    note("writer");
    mu.Unlock();
  });
  LetGoroutinesPark();
  for (int i = 0; i < 2; ++i) {
    group.Go([&] {
      mu.RLock();
      note("reader");
      mu.RUnlock();
    });
  }
  LetGoroutinesPark();
  mu.Unlock();
  group.Wait();
  EXPECT_THAT(order, ElementsAre("reader", "reader", "writer"));
}

TEST(GoSemantics, ARecursiveReadLockBehindAWriterWouldBlock) {
  RWMutex mu;
  mu.RLock();
  EXPECT_TRUE(mu.TryRLock());  // with no writer about it works
  mu.RUnlock();
  WaitGroup group;
  group.Go([&] {
    mu.Lock();
    mu.Unlock();
  });
  LetGoroutinesPark();
  EXPECT_FALSE(mu.TryRLock());
  mu.RUnlock();
  group.Wait();
}

TEST(GoSemantics, TryLockFailsWhileReadersHoldIt) {
  RWMutex mu;
  mu.RLock();
  EXPECT_FALSE(mu.TryLock());
  mu.RUnlock();
  EXPECT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryRLock());
  mu.Unlock();
}

TEST(GoSemantics, ADeferredUnlockRunsWhenThePanicPasses) {
  Mutex mu;
  try {
    const std::scoped_lock lock(mu);
    throw Panic("in the section");
  } catch (const Panic&) {
  }
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(GoSemantics, APanicThatIsRecoveredIsOver) {
  const Chan<std::string> said(1);
  Go([=] {
    try {
      Chan<int>().Close();
    } catch (const Panic& panic) {
      said.Send(panic.what());
    }
  });
  EXPECT_THAT(*said.Recv(), ::testing::HasSubstr("nil"));
}

// --- time ----------------------------------------------------------------------

TEST(GoSemantics, NoTimeIsOverAtOnce) {
  Sleep(absl::ZeroDuration());
  Sleep(-absl::Hours(1));
  EXPECT_TRUE(After(-absl::Hours(1)).Recv().has_value());
}

TEST(GoSemantics, StopDoesNotCloseTheChannelOfATimerOrTicker) {
  const Timer timer(absl::Hours(1));
  EXPECT_TRUE(timer.Stop());
  EXPECT_FALSE(timer.Stop());
  EXPECT_EQ(Select(Recv(timer.C()), Default()), 1);
  const Ticker ticker(absl::Hours(1));
  ticker.Stop();
  EXPECT_EQ(Select(Recv(ticker.C()), Default()), 1);
}

TEST(GoSemantics, AResetTickerTicksInItsNewPeriod) {
  const Ticker ticker(absl::Hours(1));
  ticker.Reset(absl::Milliseconds(1));
  EXPECT_TRUE(ticker.C().Recv().has_value());
  EXPECT_TRUE(ticker.C().Recv().has_value());
  ticker.Stop();
}

// --- context -------------------------------------------------------------------

TEST(GoSemantics, TheFirstReasonOfACancelCounts) {
  auto [timed, cancel_timed] = WithTimeout(Background(), absl::ZeroDuration());
  timed.Done().Recv();
  cancel_timed();
  EXPECT_TRUE(absl::IsDeadlineExceeded(timed.Err()));

  auto [parent, cancel_parent] = WithCancelCause(Background());
  auto [child, cancel_child] = WithCancelCause(parent);
  cancel_child(absl::AbortedError("child"));
  cancel_child(absl::AbortedError("again"));
  cancel_parent(absl::AbortedError("parent"));
  EXPECT_EQ(child.Cause().message(), "child");
  EXPECT_EQ(parent.Cause().message(), "parent");
  EXPECT_TRUE(absl::IsCancelled(child.Err()));
}

TEST(GoSemantics, DoneIsTheSameChannelEachTime) {
  auto [ctx, cancel] = WithCancel(Background());
  EXPECT_EQ(ctx.Done(), ctx.Done());
  EXPECT_EQ(WithValue(ctx, 1, 2).Done(), ctx.Done());
  EXPECT_EQ(Background().Done(), nullptr);
  cancel();
}

TEST(GoSemantics, TheNearestValueOfAKeyCounts) {
  const Context outer = WithValue(Background(), "user", 1);
  const Context inner = WithValue(outer, "user", 2);
  EXPECT_EQ(*inner.Value<int>("user"), 2);
  EXPECT_EQ(*outer.Value<int>("user"), 1);
  EXPECT_EQ(inner.Value<int>("nobody"), nullptr);
}

TEST(GoSemantics, AfterFuncOfACancelledContextRunsAtOnce) {
  auto [ctx, cancel] = WithCancel(Background());
  cancel();
  const Chan<Unit> ran(0);
  const StopFunc stop = AfterFunc(ctx, [=] { ran.Send({}); });
  ran.Recv();
  EXPECT_FALSE(stop());
}

// --- runtime -------------------------------------------------------------------

TEST(GoSemantics, GoMaxProcsReturnsWhatItWasAndMayOnlyAsk) {
  const int before = GoMaxProcs(0);
  EXPECT_EQ(GoMaxProcs(3), before);
  EXPECT_EQ(GoMaxProcs(-1), 3);
  EXPECT_EQ(GoMaxProcs(before), 3);
}

TEST(GoSemantics, AGoroutineOutlivesTheFunctionThatStartedIt) {
  const Chan<int> c(0);
  const auto start = [&] {
    int local = 5;
    Go([c, local] { c.Send(local); });
  };
  start();
  EXPECT_EQ(c.Recv(), 5);
}

TEST(GoSemanticsDeathTest, TheProgramEndsWithMainAndWaitsForNobody) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto program = [] {
    Go([] {
      for (;;) Sleep(absl::Milliseconds(1));
    });
    Go([] { Chan<int>(0).Recv(); });
    std::exit(3);  // as when main returns
  };
  EXPECT_EXIT(program(), ::testing::ExitedWithCode(3), "");
}

// --- The page ------------------------------------------------------------------

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(GoSemanticsPage, NamesTestsThatAreThere) {
  namespace fs = std::filesystem;
  std::set<std::string> tests;
  const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : fs::recursive_directory_iterator(SOURCES "/tests")) {
    if (!entry.path().filename().string().ends_with("_test.cc")) continue;
    const std::string text = Contents(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
      tests.insert((*it)[1].str() + "." + (*it)[2].str());
    }
  }
  const std::string page = Contents(SOURCES "/docs/go-semantics.md");
  std::set<std::string> named;
  const std::regex name(R"(\| `(\w+\.\w+)` \|)");
  for (std::sregex_iterator it(page.begin(), page.end(), name), end; it != end; ++it) {
    named.insert((*it)[1].str());
    EXPECT_THAT(tests, Contains((*it)[1].str()));
  }
  EXPECT_GT(named.size(), 50u);
  for (const std::string& one : tests) {
    if (one.starts_with("GoSemantics.") || one.starts_with("GoSemanticsDeathTest.")) {
      EXPECT_THAT(named, Contains(one));
    }
  }
}

}  // namespace
}  // namespace gordian
