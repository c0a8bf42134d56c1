// misuse.lost-wakeup, with its twins.
#include "detector/analysis/lost_wakeup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::LostWakeup;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void MainReturns(TraceBuilder& t) {
  t.ProcessEnd();
  t.Main().End();
}

TEST(LostWakeup, TheSignalComesBetweenCheckAndWait) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), cond = t.Cond("ready");
  TaskTrace waiter = t.Task("waiter"), signaller = t.Task("signaller");
  waiter.Lock(mu);
  signaller.At(20).CondSignal(cond, 0).End();
  waiter.CondWait(cond, mu).Unlock(mu);
  MainReturns(t);
  const std::vector<Finding> found = Play<LostWakeup>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].reasons[0], HasSubstr("\"waiter\" held mu when the signal came"));
  EXPECT_EQ(found[0].tasks[1].at, 20u);
}

TEST(LostWakeup, AllWhoMissOneBroadcastAreOneFinding) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), cond = t.Cond("ready");
  t.Task("signaller").CondBroadcast(cond, 0).End();
  for (int i = 0; i < 50; ++i) {
    t.Main().At(7).Go("waiter").Lock(mu).At(21).CondWait(cond, mu).Unlock(mu);
  }
  MainReturns(t);
  const std::vector<Finding> found = Play<LostWakeup>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].count, 50u);
  EXPECT_EQ(found[0].tasks[0].count, 50u);
  EXPECT_THAT(found[0].explains, SizeIs(50));
}

TEST(LostWakeup, TwinIsWokenByTheNextSignal) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), cond = t.Cond("ready");
  TaskTrace waiter = t.Task("waiter"), signaller = t.Task("signaller");
  signaller.CondSignal(cond, 0);
  waiter.Lock(mu).CondWait(cond, mu).Unlock(mu);
  signaller.CondSignal(cond, 1).For(waiter).CondWake(cond);
  waiter.Lock(mu).Unlock(mu).End();
  MainReturns(t);
  EXPECT_THAT(Play<LostWakeup>(t), IsEmpty());
}

TEST(LostWakeup, TwinAConsumerThatIsLeftBehindHasSeenEverything) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), cond = t.Cond("ready");
  TaskTrace waiter = t.Task("waiter"), signaller = t.Task("signaller");
  waiter.Lock(mu).CondWait(cond, mu).Unlock(mu);
  signaller.CondSignal(cond, 1).For(waiter).CondWake(cond);
  waiter.Lock(mu).Unlock(mu);
  signaller.CondSignal(cond, 0).End();
  waiter.Lock(mu).CondWait(cond, mu).Unlock(mu);
  MainReturns(t);
  EXPECT_THAT(Play<LostWakeup>(t), IsEmpty());
}

// LevelDB's background thread: what the signal told it found in the queue, before it ever waited.
TEST(LostWakeup, TwinAWorkerThatFoundItsFirstWorkWithoutWaiting) {
  for (const bool looks : {false, true}) {
    TraceBuilder t;
    const ObjectId mu = t.Mutex("mu"), cond = t.Cond("work");
    TaskTrace scheduler = t.Task("scheduler"), worker = t.Task("worker");
    scheduler.Lock(mu).CondSignal(cond, 0).Unlock(mu).End();
    if (looks) worker.Lock(mu).Unlock(mu);
    worker.Lock(mu).CondWait(cond, mu).Unlock(mu);
    MainReturns(t);
    detector::LockOrder order;
    LostWakeup lost(&order);
    Play(t, order);
    EXPECT_THAT(Play(t, lost, {.kind = detector::CutKind::kProgramEnd}), SizeIs(looks ? 0 : 1));
  }
}

}  // namespace
}  // namespace gordian::testing
