// misuse.*: each story is a bug, its twin the same program put right.
#include "detector/analysis/misuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/analysis/lock_lifetime.h"
#include "detector/analysis/waitgroup_reuse.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Cut;
using detector::CutKind;
using detector::Finding;
using detector::LockLifetime;
using detector::Misuse;
using detector::WaitGroupReuse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trace::MisuseKind;

std::uint64_t Number(MisuseKind kind) { return static_cast<std::uint64_t>(kind); }

TEST(Misuse, SendOnClosedNamesWhoClosedIt) {
  TraceBuilder t;
  const ObjectId c = t.Chan("results");
  TaskTrace x = t.Task("producer"), y = t.Task("owner");
  y.At(20).Close(c);
  x.At(10).On(EventType::kMisuse, c, {Number(MisuseKind::kSendClosed)});
  const std::vector<Finding> found = Play<Misuse>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "misuse.send-closed");
  EXPECT_EQ(found[0].title, "\"producer\" sends on the closed channel results");
  ASSERT_THAT(found[0].tasks, SizeIs(2));
  EXPECT_EQ(found[0].tasks[1].at, 20u);
}

TEST(Misuse, TwinReceivesWhatWasSentBeforeTheClose) {
  TraceBuilder t;
  const ObjectId c = t.Chan("results", 1);
  TaskTrace x = t.Task("producer"), y = t.Task("consumer");
  x.Send(c).Close(c);
  y.Recv(c).RecvClosed(c);
  EXPECT_THAT(Play<Misuse>(t), IsEmpty());
}

TEST(Misuse, ASecondCloseIsSeenWithoutARecord) {
  TraceBuilder t;
  const ObjectId c = t.Chan("done");
  t.Task("x").Close(c);
  t.Task("y").Close(c);
  const std::vector<Finding> found = Play<Misuse>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "misuse.close-closed");
}

TEST(Misuse, ANegativeWaitGroupIsOneFindingRecordedOrNot) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  TaskTrace x = t.Task("x");
  t.Main().Add(group, 1);
  x.Done(group);
  x.At(30).On(EventType::kMisuse, group, {Number(MisuseKind::kWaitGroupNegative)});
  x.At(30).Done(group);
  const std::vector<Finding> found = Play<Misuse>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "misuse.waitgroup-negative");
}

TEST(Misuse, EveryRecordedKindHasItsRule) {
  for (std::uint64_t kind = 0; kind < Number(MisuseKind::kKinds); ++kind) {
    if (kind == Number(MisuseKind::kLockDestroyed)) continue;
    TraceBuilder t;
    t.Main().On(EventType::kMisuse, t.Mutex("m"), {kind});
    const std::vector<Finding> found = Play<Misuse>(t);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0].rule, ::testing::StartsWith("misuse."));
    EXPECT_THAT(found[0].advice, SizeIs(1));
  }
  TraceBuilder damaged;
  damaged.Main().On(EventType::kMisuse, 1, {99});
  EXPECT_THAT(Play<Misuse>(damaged), IsEmpty());
}

TEST(Misuse, ANilReceiveBlocksForEverAndExplainsItsTask) {
  TraceBuilder t;
  TaskTrace x = t.Task("worker");
  x.At(5).On(EventType::kMisuse, 0, {Number(MisuseKind::kNilBlock)});
  const std::vector<Finding> found = Play<Misuse>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "misuse.nil-block");
  EXPECT_THAT(found[0].explains, ElementsAre(x.id()));
}

TEST(Misuse, ANilCaseBesideALiveOneIsAPattern) {
  TraceBuilder t;
  const ObjectId c = t.Chan("c");
  t.Task("x").SelectBlocks({Case::Recv(0), Case::Recv(c)});
  EXPECT_THAT(Play<Misuse>(t), IsEmpty());
  TraceBuilder bug;
  bug.Task("x").SelectBlocks({Case::Recv(0), Case::Send(0)});
  EXPECT_THAT(Play<Misuse>(bug), SizeIs(1));
}

TEST(WaitGroupReuse, AddInTheTaskItself) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  TaskTrace x = t.Task("worker");
  x.At(10).Add(group, 1).Done(group);
  t.Main().At(20).Wait(group);
  const std::vector<Finding> found = Play<WaitGroupReuse>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].tasks, SizeIs(2));
}

TEST(WaitGroupReuse, TheSameWhereTheWaitCameFirst) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  TaskTrace x = t.Task("worker");
  t.Main().Wait(group);
  x.Add(group, 1).Done(group);
  EXPECT_THAT(Play<WaitGroupReuse>(t), SizeIs(1));
}

TEST(WaitGroupReuse, TwinAddsBeforeItStartsTheTaskAndReusesAfterWait) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  for (int round = 0; round < 2; ++round) {
    t.Main().Add(group, 1);
    TaskTrace x = t.Task("worker");
    t.Main().WantsWait(group);
    x.Add(group, 1).Done(group).Done(group).For(t.Main()).Wait(group);
  }
  EXPECT_THAT(Play<WaitGroupReuse>(t), IsEmpty());
}

TEST(WaitGroupReuse, TwinALockOrdersAddAndWait) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers"), mu = t.Mutex("mu");
  TaskTrace x = t.Task("server"), y = t.Task("shutdown");
  x.Lock(mu).Add(group, 1).Unlock(mu).Done(group);
  y.Lock(mu).Unlock(mu).Wait(group);
  EXPECT_THAT(Play<WaitGroupReuse>(t), IsEmpty());
}

TEST(LockLifetime, AnEarlyReturnKeepsTheLockAndBlocksTheNext) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(10).Lock(mu).End();
  y.WantsLock(mu);
  const std::vector<Finding> found = Play<LockLifetime>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title, "\"x\" ended while it held mu");
  EXPECT_THAT(found[0].explains, ElementsAre(y.id()));
}

TEST(LockLifetime, ManyWaitersAreOnePart) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  t.Task("early").Lock(mu).End();
  for (int i = 0; i < 1'000; ++i) t.Main().At(7).Go("next").At(8).WantsLock(mu);
  const std::vector<Finding> found = Play<LockLifetime>(t);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].tasks, SizeIs(2));
  EXPECT_EQ(found[0].tasks[1].count, 1'000u);
  EXPECT_THAT(found[0].explains, SizeIs(1'000));
  EXPECT_THAT(found[0].summary, HasSubstr("1000 tasks like \"next\" wait for it"));
}

TEST(LockLifetime, TwinsUnlockOrAreSignalsOrPanic) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), signal = t.Mutex("signal"), other = t.Mutex("other");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.Lock(mu).Unlock(mu).Lock(signal).End();
  y.Unlock(signal).End();
  z.Lock(other).End(trace::TaskEndReason::kPanic);
  EXPECT_THAT(Play<LockLifetime>(t), IsEmpty());
}

TEST(LockLifetime, ADeadlockBehindItSaysItAlready) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu).End();
  y.WantsLock(mu);
  const absl::flat_hash_set<TaskId> explained = {y.id()};
  LockLifetime analysis;
  EXPECT_THAT(Play(t, analysis, Cut{.kind = CutKind::kProgramEnd, .explained = &explained}),
              IsEmpty());
}

TEST(LockLifetime, DestroyedWhileHeldAndWaitedFor) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(10).Lock(mu);
  y.At(20).WantsLock(mu);
  t.Main().On(EventType::kMisuse, mu, {Number(MisuseKind::kLockDestroyed)});
  t.Main().On(EventType::kObjectEnd, mu);
  const std::vector<Finding> found = Play<LockLifetime>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "misuse.lock-destroyed");
  EXPECT_THAT(found[0].tasks, SizeIs(3));
  EXPECT_THAT(found[0].summary, HasSubstr("\"x\" holds mu and \"y\" waits for mu"));
}

TEST(LockLifetime, KeptByATaskThatEndedAndThenDestroyedIsOneBug) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), own = t.Mutex("own");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu).End();
  t.Main().On(EventType::kObjectEnd, mu);
  y.Lock(own).On(EventType::kObjectEnd, own).End();
  const std::vector<Finding> found = Play<LockLifetime>(t);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].title, "\"x\" ended while it held mu");
  EXPECT_EQ(found[1].title, "\"y\" ended while it held own");
}

TEST(LockLifetime, TwinDestroyedWhenFreeOrAfterMain) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), global = t.Mutex("global");
  TaskTrace x = t.Task("x");
  x.Lock(mu).Unlock(mu).Lock(global);
  t.Main().On(EventType::kObjectEnd, mu);
  t.ProcessEnd();
  t.Main().On(EventType::kObjectEnd, global);
  EXPECT_THAT(Play<LockLifetime>(t), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
