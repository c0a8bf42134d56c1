// What happened: cycles, self-deadlocks, everything blocked; each beside its correct twin.
#include "detector/analysis/deadlock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/play.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::testing {
namespace {

using detector::CutKind;
using detector::Deadlock;
using detector::Finding;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Names(const Finding& finding) {
  std::vector<std::string> names;
  for (const auto& task : finding.tasks) names.push_back(task.name);
  return names;
}

TEST(Deadlock, TwoTasksTakeTwoLocksInBothOrders) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("accounts[0].mu"), b = t.Mutex("accounts[1].mu");
  TaskTrace x = t.Task("alice→bob"), y = t.Task("bob→alice");
  x.At(18).Lock(a);
  y.At(18).Lock(b);
  x.At(19).WantsLock(b);
  y.At(19).WantsLock(a);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  const Finding& found = findings[0];
  EXPECT_EQ(found.rule, "deadlock.cycle");
  EXPECT_EQ(found.verdict, detector::Verdict::kConfirmed);
  EXPECT_EQ(found.title, "\"alice→bob\" and \"bob→alice\" wait for each other for ever");
  EXPECT_EQ(found.summary,
            "Two goroutines wait for each other for ever: \"alice→bob\" holds accounts[0].mu and "
            "waits for accounts[1].mu; \"bob→alice\" holds accounts[1].mu and waits for "
            "accounts[0].mu.");
  EXPECT_THAT(Names(found), UnorderedElementsAre("alice→bob", "bob→alice"));
  EXPECT_THAT(found.explains, UnorderedElementsAre(x.id(), y.id()));
  EXPECT_THAT(found.picture, SizeIs(4));
  EXPECT_THAT(found.reasons, ElementsAre(HasSubstr("Mutual exclusion"), HasSubstr("Hold and wait"),
                                         HasSubstr("No preemption"), HasSubstr("Circular wait")));
  EXPECT_THAT(found.evidence, SizeIs(4));
}

TEST(Deadlock, TheAdviceNamesTheRarerOrder) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(10).Lock(a).At(11).Lock(b).Unlock(b).Unlock(a);
  x.At(20).Lock(a);
  y.At(30).Lock(b);
  x.At(21).WantsLock(b);
  y.At(31).WantsLock(a);
  detector::LockOrder order;
  Deadlock deadlock(&order);
  Play(t, order);
  const auto findings = Play(t, deadlock);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].advice,
              ElementsAre(HasSubstr("3 places take both; 2 of them take A first. Cheapest to "
                                    "change: the one that takes B first.")));
}

TEST(Deadlock, OneOrderIsNone) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a).Lock(b);
  y.WantsLock(a);
  x.Unlock(b).Unlock(a).For(y).Lock(a);
  y.Lock(b).Unlock(b).Unlock(a);
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, ATimedWaitBreaksTheCycle) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a);
  y.Lock(b);
  x.Timed().WantsLock(b);
  y.WantsLock(a);
  EXPECT_THAT(Play<Deadlock>(t, CutKind::kStandstill), IsEmpty());
}

TEST(Deadlock, ThreeTasksInACircle) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), c = t.Mutex("C");
  TaskTrace x = t.Thread("x"), y = t.Thread("y"), z = t.Thread("z");
  x.Lock(a);
  y.Lock(b);
  z.Lock(c);
  x.WantsLock(b);
  y.WantsLock(c);
  z.WantsLock(a);
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].picture, SizeIs(6));
  EXPECT_THAT(findings[0].summary, HasSubstr("Three threads"));
}

TEST(Deadlock, MainJoinsTheTwoSoNothingCanRun) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Thread("x"), y = t.Thread("y");
  x.Lock(a);
  y.Lock(b);
  x.WantsLock(b);
  y.WantsLock(a);
  t.Main().WantsJoin(x);
  const auto findings = Play<Deadlock>(t, CutKind::kStandstill);
  ASSERT_THAT(findings, SizeIs(1)) << "the cycle is part of it";
  EXPECT_EQ(findings[0].rule, "deadlock.global");
  EXPECT_THAT(findings[0].title, HasSubstr("wait for each other"));
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(1, x.id(), y.id()));
}

TEST(Deadlock, ATaskBlockedBehindACycleIsListedInIt) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y"), stop = t.Task("stop");
  x.Lock(a);
  y.Lock(b);
  x.WantsLock(b);
  y.WantsLock(a);
  stop.WantsLock(a);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(x.id(), y.id(), stop.id()));
}

TEST(Deadlock, DoubleLockIsASelfDeadlock) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x");
  x.Lock(mu).WantsLock(mu);
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_EQ(findings[0].title, "\"x\" waits for ever for mu, which it holds itself");
  EXPECT_THAT(findings[0].advice, ElementsAre(HasSubstr("std::scoped_lock")));
}

TEST(Deadlock, ADoubleLockOfMainStaysASelfDeadlock) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), group = t.WaitGroup("workers");
  TaskTrace x = t.Task("x");
  t.Main().Add(group, 1).WantsWait(group);
  x.Lock(mu).WantsLock(mu);
  const auto findings = Play<Deadlock>(t, CutKind::kStandstill);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(1, x.id()));
}

TEST(Deadlock, ARecursiveMutexMayBeLockedTwice) {
  TraceBuilder t;
  const ObjectId mu = t.Object(ObjectKind::kRecursiveMutex, "mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu).Lock(mu);
  y.WantsLock(mu);
  x.Unlock(mu).Sleep(1'000'000);
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, AReadLockCannotBeUpgraded) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  TaskTrace x = t.Task("x");
  x.RLock(rw).WantsLock(rw);
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_THAT(findings[0].advice, ElementsAre(HasSubstr("cannot be turned into a write lock")));
}

TEST(Deadlock, TwoUpgradesWaitForEachOther) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.RLock(rw);
  y.RLock(rw);
  x.WantsLock(rw);
  y.WantsLock(rw);
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(x.id(), y.id()));
}

TEST(Deadlock, ARecursiveReadWithAWriterBetween) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  TaskTrace reader = t.Task("reader"), writer = t.Task("writer");
  reader.RLock(rw);
  writer.WantsLock(rw);
  reader.WantsRLock(rw);
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(reader.id(), writer.id()));
}

TEST(Deadlock, AReaderPreferringLockLetsTheSecondReadIn) {
  TraceBuilder t;
  const ObjectId rw = t.Object(ObjectKind::kRWMutexReaders, "cache");
  TaskTrace reader = t.Task("reader"), writer = t.Task("writer");
  reader.RLock(rw);
  writer.WantsLock(rw);
  reader.RLock(rw).RUnlock(rw).Sleep(1'000'000);
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, AReceiveInsideALockThatTheSenderNeeds) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), done = t.Chan("done");
  TaskTrace stopper = t.Task("stopper"), worker = t.Task("worker");
  stopper.Lock(mu).WantsRecv(done).Handles(done, 2);
  worker.WantsLock(mu);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].summary, HasSubstr("could send on done"));
  EXPECT_THAT(findings[0].advice, ElementsAre(HasSubstr("should not hold mu across its")));
}

// The channel is a member of what both share: one handle, which counts for the waiter's own.
TEST(Deadlock, AReceiveInsideALockOnAChannelWithOneHandle) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), done = t.Chan("done");
  TaskTrace stopper = t.Task("stopper"), worker = t.Task("worker");
  stopper.Lock(mu).WantsRecv(done).Handles(done, 1);
  worker.WantsLock(mu);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
}

TEST(Deadlock, AReceiveOutsideTheLockIsServed) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), done = t.Chan("done");
  TaskTrace stopper = t.Task("stopper"), worker = t.Task("worker");
  stopper.Lock(mu).Unlock(mu).WantsRecv(done).Handles(done, 2);
  worker.Lock(mu);
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, AWaitGroupWaitedForInsideALockThatTheWorkersNeed) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), group = t.WaitGroup("workers");
  t.Main().Add(group, 1);
  TaskTrace worker = t.Task("worker");
  t.Main().Lock(mu).WantsWait(group);
  worker.WantsLock(mu);
  const auto findings = Play<Deadlock>(t, CutKind::kStandstill);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.global");
  EXPECT_THAT(findings[0].summary, HasSubstr("could call Done on workers"));
}

TEST(Deadlock, TwoLeakedReceiversAreNoCycle) {
  TraceBuilder t;
  const ObjectId c = t.Chan("c"), d = t.Chan("d");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.WantsRecv(c);
  y.WantsRecv(d);
  t.ProcessEnd();
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, TwoWorkersOfOneChannelAreNoCycle) {
  TraceBuilder t;
  const ObjectId jobs = t.Chan("jobs", 2);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  t.Main().Send(jobs).Send(jobs);
  x.Recv(jobs).WantsRecv(jobs);
  y.Recv(jobs).WantsRecv(jobs);
  t.ProcessEnd();
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

TEST(Deadlock, EachSendsToTheOtherFirst) {
  TraceBuilder t;
  const ObjectId c = t.Chan("c"), d = t.Chan("d");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.WantsSend(c);
  y.RecvFrom(x, c).WantsSend(d);
  x.RecvFrom(y, d);
  x.WantsSend(c);
  y.WantsSend(d);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].summary, HasSubstr("could receive from"));
}

TEST(Deadlock, MainAloneWaitsForAMessage) {
  TraceBuilder t;
  const ObjectId c = t.Chan("quit");
  t.Main().WantsRecv(c);
  const auto findings = Play<Deadlock>(t, CutKind::kStandstill);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.global");
  EXPECT_THAT(findings[0].title, HasSubstr("waits to receive from quit"));
}

TEST(Deadlock, ASleeperMayStillSend) {
  TraceBuilder t;
  const ObjectId c = t.Chan("quit");
  TaskTrace x = t.Task("x");
  t.Main().WantsRecv(c);
  x.Sleep(1'000'000'000);
  EXPECT_THAT(Play<Deadlock>(t, CutKind::kStandstill), IsEmpty());
}

TEST(Deadlock, AnArmedTimerMayStillSend) {
  TraceBuilder t;
  const ObjectId c = t.Chan("after", 1);
  const ObjectId timer = t.Object(ObjectKind::kTimer, "", c);
  t.Main().On(EventType::kTimerSet, timer, {1'000'000'000}).WantsRecv(c);
  EXPECT_THAT(Play<Deadlock>(t, CutKind::kStandstill), IsEmpty());
}

TEST(Deadlock, AThreadThatIsNotKnownMayEndAtAnyTime) {
  TraceBuilder t;
  t.Append(1, EventType::kTaskJoinRequest, 4'000'000'000);
  EXPECT_THAT(Play<Deadlock>(t, CutKind::kStandstill), IsEmpty());
}

TEST(Deadlock, AnInnerOnceNeedsTheLockThatItsCallerHolds) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("site.mu"), once = t.Once("init");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu).OnceBegin(once).WantsLock(mu);
  y.WantsOnce(once);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_THAT(findings[0].explains, UnorderedElementsAre(x.id(), y.id()));
}

TEST(Deadlock, AnOnceAndALockInBothOrders) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), once = t.Once("init");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu);
  y.OnceBegin(once).WantsLock(mu);
  x.WantsOnce(once);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].summary, HasSubstr("runs init"));
}

TEST(Deadlock, TwoSelectsOnOneChannelAreNoCycle) {
  TraceBuilder t;
  const ObjectId jobs = t.Chan("jobs"), done = t.Chan("done");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.SelectBlocks({Case::Recv(jobs), Case::Recv(done)});
  y.SelectBlocks({Case::Recv(jobs), Case::Recv(done)});
  z.WantsRecv(jobs);
  t.ProcessEnd();
  EXPECT_THAT(Play<Deadlock>(t), IsEmpty());
}

// Each of them could be answered by any other one, as far as who used the channel goes.
TEST(Deadlock, ManyWhoWaitForOneThingAreOneLine) {
  constexpr std::uint32_t kMany = 30'000;
  TraceBuilder t;
  const ObjectId jobs = t.Chan("jobs"), group = t.WaitGroup("group"), mu = t.Mutex("mu");
  t.Main().Add(group, kMany);
  t.Task("holder").Lock(mu).End();
  for (std::uint32_t i = 0; i < kMany; ++i) t.Main().At(10).Go("receiver").At(11).WantsRecv(jobs);
  for (std::uint32_t i = 0; i < kMany; ++i) t.Main().At(12).Go("locker").At(13).WantsLock(mu);
  t.Main().WantsWait(group);
  const auto findings = Play<Deadlock>(t, CutKind::kStandstill);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.global");
  EXPECT_THAT(findings[0].tasks, SizeIs(4)) << "main, a receiver, a locker and the holder";
  EXPECT_THAT(findings[0].explains, SizeIs(2 * kMany + 1));
  EXPECT_THAT(findings[0].identity, SizeIs(3));
}

// Twenty thousand locks, each held by one task and wanted by the one before it.
TEST(Deadlock, ALongChainBehindACycle) {
  constexpr std::uint32_t kMany = 20'000;
  TraceBuilder t;
  std::vector<ObjectId> locks;
  std::vector<TaskTrace> tasks;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    locks.push_back(t.Mutex(""));
    tasks.push_back(t.Task(""));
    tasks.back().Lock(locks.back());
  }
  for (std::uint32_t i = 0; i + 1 < kMany; ++i) tasks[i].WantsLock(locks[i + 1]);
  tasks.back().WantsLock(locks[kMany - 2]);
  t.ProcessEnd();
  const auto findings = Play<Deadlock>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].explains, SizeIs(kMany));
}

TEST(Deadlock, IsReportedOnce) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x");
  x.Lock(mu).WantsLock(mu);
  detector::Model model;
  for (const auto& event : t.events()) model.Apply(event);
  Deadlock deadlock;
  absl::flat_hash_set<TaskId> explained;
  detector::Cut cut{.kind = CutKind::kStandstill, .explained = &explained};
  const auto first = deadlock.AtCut(cut, model);
  ASSERT_THAT(first, SizeIs(1));
  explained.insert(first[0].explains.begin(), first[0].explains.end());
  EXPECT_THAT(deadlock.AtCut(cut, model), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
