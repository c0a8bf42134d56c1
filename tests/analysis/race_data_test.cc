// race.data: each story is a bug, its twin the same program put right.
#include "detector/analysis/race_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::RaceData;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RaceData, TwoTasksWriteWithoutALock) {
  TraceBuilder t;
  const ObjectId balance = t.Variable("balance");
  TaskTrace x = t.Task("deposit"), y = t.Task("withdraw");
  x.At(10).Write(balance);
  y.At(20).Write(balance);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title,
            "Data race on balance: \"deposit\" writes it while \"withdraw\" writes it");
  ASSERT_THAT(found[0].tasks, SizeIs(2));
  EXPECT_EQ(found[0].tasks[0].at, 10u);
  EXPECT_EQ(found[0].tasks[1].at, 20u);
}

TEST(RaceData, TwinOneLockOrdersThem) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), balance = t.Variable("balance");
  TaskTrace x = t.Task("deposit"), y = t.Task("withdraw");
  x.Lock(mu).Write(balance).Unlock(mu);
  y.Lock(mu).Write(balance).Unlock(mu);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceData, TheReportNamesTheLockThatOneSideForgot) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), balance = t.Variable("balance");
  TaskTrace x = t.Task("deposit"), y = t.Task("audit");
  x.At(9).Lock(mu).Write(balance).Unlock(mu);
  y.Read(balance);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].tasks[0].held, SizeIs(1));
  EXPECT_EQ(found[0].tasks[0].held[0].site, 9u);
  EXPECT_THAT(found[0].tasks[1].held, IsEmpty());
  EXPECT_THAT(found[0].advice[0], HasSubstr("Hold mu around what \"audit\" does"));
}

TEST(RaceData, AWriteUnderAReadLockRacesWithAnother) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("rw"), cache = t.Variable("cache");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.RLock(rw).Write(cache).RUnlock(rw);
  y.RLock(rw).Write(cache).RUnlock(rw);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].reasons[0], HasSubstr("readers do not exclude each other"));
}

TEST(RaceData, TwinReadersReadAndTheWriterWaitsForAll) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("rw"), cache = t.Variable("cache");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.RLock(rw).Read(cache);
  y.RLock(rw).Read(cache).RUnlock(rw);
  x.RUnlock(rw);
  z.Lock(rw).Write(cache).Unlock(rw);
  x.RLock(rw).Read(cache).RUnlock(rw);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceData, BothReadersOfAWriteThatWaitsForNone) {
  TraceBuilder t;
  const ObjectId cache = t.Variable("cache");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.At(1).Read(cache);
  y.At(2).Read(cache);
  z.At(3).Write(cache);
  EXPECT_THAT(Play<RaceData>(t), SizeIs(2));
}

TEST(RaceData, OneBugIsOneFindingHoweverOftenItRecurs) {
  TraceBuilder t;
  const ObjectId n = t.Variable("n"), mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  for (int i = 0; i < 5; ++i) {
    x.At(10).Write(n).Lock(mu).Unlock(mu);
    y.At(20).Write(n);
  }
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_GT(found[0].count, 1u);
}

TEST(RaceData, TheLastThingKnownOfTheOtherIsNamed) {
  TraceBuilder t;
  const ObjectId n = t.Variable("n");
  TaskTrace x = t.Task("x");
  TaskTrace main = t.Main();
  main.At(10).Write(n);
  x.At(20).Read(n);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].reasons, SizeIs(2));
  EXPECT_THAT(found[0].reasons[1], HasSubstr("started \"x\""));
}

TEST(RaceData, TwinsOfEverySynchronisation) {
  TraceBuilder t;
  const ObjectId n = t.Variable("n"), group = t.WaitGroup("group"), once = t.Once("once");
  const ObjectId c = t.Chan("c"), buffered = t.Chan("b", 1), flag = t.Atomic("flag");
  const ObjectId cond = t.Cond("cond"), semaphore = t.Object(ObjectKind::kSemaphore, "s", 1);
  TaskTrace main = t.Main();
  main.Write(n);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Write(n).OnceBegin(once).Write(n).OnceEnd(once);
  y.OnceSeen(once).Write(n);
  x.WantsRecv(c);
  y.SendTo(x, c);
  x.Write(n).Send(buffered);
  y.Recv(buffered).Write(n).Store(flag, 3);
  x.Load(flag, 2).Write(n).On(EventType::kHbRelease, semaphore);
  y.On(EventType::kHbAcquire, semaphore).Write(n).CondWait(cond, 0);
  y.SemRelease(semaphore);
  x.SemAcquire(semaphore).Write(n).CondSignal(cond, 1).For(y).CondWake(cond);
  y.Write(n).Add(group, 1).Done(group);
  main.Wait(group).Write(n);
  main.On(EventType::kTimerSet, t.Object(ObjectKind::kTimer, "timer"), {1});
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceData, RelaxedAtomicsOrderNothingUnlessFencesDo) {
  for (const bool fences : {false, true}) {
    TraceBuilder t;
    const ObjectId n = t.Variable("n"), flag = t.Atomic("flag");
    TaskTrace x = t.Task("x"), y = t.Task("y");
    x.Write(n);
    if (fences) t.Append(x.id(), EventType::kFence, 0, {3});
    x.Store(flag, 0);
    y.Load(flag, 0);
    if (fences) t.Append(y.id(), EventType::kFence, 0, {2});
    y.Write(n);
    EXPECT_THAT(Play<RaceData>(t), SizeIs(fences ? 0 : 1));
  }
}

TEST(RaceData, AJoinOrdersAndADetachDoesNot) {
  for (const bool joined : {false, true}) {
    TraceBuilder t;
    const ObjectId n = t.Variable("n");
    TaskTrace x = t.Thread("x");
    x.Write(n).End();
    if (joined) t.Main().Join(x);
    t.Main().Write(n);
    EXPECT_THAT(Play<RaceData>(t), SizeIs(joined ? 0 : 1));
  }
}

}  // namespace
}  // namespace gordian::testing
