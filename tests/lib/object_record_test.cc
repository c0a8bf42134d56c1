// What timers, contexts, atomics, shared variables and pools write to the trace.
#include "gmock/gmock.h"
#include "gordian/atomic.h"
#include "gordian/context.h"
#include "gordian/name.h"
#include "gordian/pool.h"
#include "gordian/shared.h"
#include "gordian/time.h"
#include "tests/lib/recorded.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::Recorded;

TEST(TimerRecordTest, ATimerIsSetAndFires) {
  const Recorded trace([] {
    const Timer timer(absl::Milliseconds(1), "t");
    timer.C().Recv();
    timer.Reset(absl::Hours(1));
    timer.Stop();
  });
  // The channel has the timer's name too: these are the timer's own events.
  std::vector<std::string> own;
  for (const std::string& line : trace.Of("t")) {
    if (line.find("timer-") != std::string::npos) own.push_back(line);
  }
  EXPECT_THAT(own, ElementsAre("main timer-set delay_ns=1000000", "another timer-fire",
                               "main timer-set delay_ns=3600000000000", "main timer-stop"));
  EXPECT_TRUE(trace.model().armed_timers().empty());
}

// An analysis that did not know would have to let a pending timer serve anybody.
TEST(TimerRecordTest, ATimerSaysWhichChannelItSendsOn) {
  const Recorded trace([] {
    const Timer timer(absl::Hours(1), "t");
    AfterFunc(absl::Hours(1), [] {}).Stop();
    timer.Stop();
  });
  trace::ObjectId channel = 0;
  std::vector<std::uint64_t> sends_on;
  for (const trace::Event& event : trace.events()) {
    if (event.type != trace::EventType::kObjectBegin) continue;
    const auto kind = static_cast<trace::ObjectKind>(event.args[0]);
    if (kind == trace::ObjectKind::kChan) channel = event.subject;
    if (kind == trace::ObjectKind::kTimer) sends_on.push_back(event.args[1]);
  }
  EXPECT_NE(channel, 0);
  EXPECT_THAT(sends_on, ElementsAre(channel, 0));
}

TEST(TimerRecordTest, ASleepIsATimedWait) {
  const Recorded trace([] { Sleep(absl::Milliseconds(2)); });
  EXPECT_THAT(trace.By("main"),
              ElementsAre("main sleep timed duration_ns=2000000", "main wait-end why=3"));
}

TEST(TimerRecordTest, AForgottenTickerEndsWithoutAStop) {
  const Recorded trace([] { const Ticker ticker(absl::Hours(1), "forgotten"); });
  std::vector<std::string> lines = trace.Of("forgotten");
  EXPECT_THAT(lines, ::testing::Contains("main timer-set delay_ns=3600000000000"));
  EXPECT_THAT(lines, ::testing::Contains("main object-end"));
  EXPECT_THAT(lines, ::testing::Not(::testing::Contains("main timer-stop")));
}

TEST(ContextRecordTest, ACancelIsWrittenOnceForEachContextThatItReaches) {
  const Recorded trace([] {
    auto [parent, cancel_parent] = WithCancel(Background(), "parent");
    auto [child, cancel_child] = WithCancel(parent, "child");
    cancel_parent();
    cancel_child();
    EXPECT_FALSE(child.Err().ok());
  });
  EXPECT_THAT(trace.Of("parent"),
              ElementsAre("main object kind=16 detail=0", "main cancel", "main object-end"));
  EXPECT_THAT(trace.Of("child"), ElementsAre("main object kind=16 detail=0", "main cancel",
                                             "main hb-acquire", "main object-end"));
}

TEST(ContextRecordTest, AContextEndsWithTheLastCopyOfItAndItsCancel) {
  const Recorded trace([] {
    CancelFunc kept;
    {
      auto [ctx, cancel] = WithCancel(Background(), "forgotten");
      kept = cancel;
    }
    Shared<int> between{0, "between"};
    between = 1;
    kept = CancelFunc();
  });
  EXPECT_THAT(trace.Of("forgotten"),
              ElementsAre("main object kind=16 detail=0", "main object-end"));
  const std::vector<std::string> all = trace.By("main");
  EXPECT_EQ(all.at(all.size() - 2), "main object-end") << "after the write, with the last copy";
}

TEST(AtomicRecordTest, LoadsAreObservedAndChangesAreOrdered) {
  const Recorded trace([] {
    Atomic<int> n{0, "n"};
    n.Store(1);
    n.Add(1);
    n.Load();
    n.CompareAndSwap(9, 1);
    n.CompareAndSwap(2, 1);
  });
  EXPECT_THAT(trace.Of("n"),
              ElementsAre("main object kind=12 detail=0", "main store order=5", "main rmw order=5",
                          "main load order=5", "main cas-fail order=5 count=1", "main rmw order=5",
                          "main object-end"));
}

TEST(SharedRecordTest, ReadsAndWritesAreWrittenInProgramOrder) {
  const Recorded trace([] {
    Shared<int> n{0, "n"};
    n = n + 1;
    n += 2;
    ++n;
  });
  EXPECT_THAT(trace.Of("n"),
              ElementsAre("main object kind=17 detail=4", "main read", "main write", "main read",
                          "main write", "main read", "main write", "main object-end"));
}

TEST(NameRecordTest, EverythingCanBeNamedAfterItWasMade) {
  const Recorded trace([] {
    const Chan<int> c(1);
    Name(c, "named channel");
    c.Send(1);
    const Timer timer(absl::Hours(1));
    Name(timer, "named timer");
    timer.Stop();
    auto [ctx, cancel] = WithCancel(Background());
    Name(ctx, "named context");
    cancel();
  });
  EXPECT_EQ(trace.Of("named channel").back(), "main object-end");
  EXPECT_EQ(trace.Of("named timer").back(), "main object-end");
  EXPECT_EQ(trace.Of("named context").back(), "main object-end");
}

TEST(PoolRecordTest, EveryStayInThePoolIsAnObjectOfItsOwn) {
  const Recorded trace([] {
    Pool<int> pool([] { return 0; }, "pool");
    pool.Put(1);
    pool.Get();
    pool.Put(2);
    pool.Get();
  });
  EXPECT_THAT(trace.Of("pool"),
              ElementsAre("main object kind=13 detail=0", "main hb-release", "main hb-acquire",
                          "main object-end", "main object kind=13 detail=0", "main hb-release",
                          "main hb-acquire", "main object-end"));
}

}  // namespace
}  // namespace gordian
