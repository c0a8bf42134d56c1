// Deadlocks that did not happen this time: lock orders, and what makes them harmless.
#include "detector/analysis/lock_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/nest.h"
#include "tests/analysis/play.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::LockOrder;
using detector::Verdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LockOrder, BothOrdersInOneCleanRunArePredicted) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(10).Lock(a).At(11).Lock(b).Unlock(b).Unlock(a);
  y.At(20).Lock(b).At(21).Lock(a).Unlock(a).Unlock(b);
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  const Finding& found = findings[0];
  EXPECT_EQ(found.rule, "deadlock.lock-order");
  EXPECT_EQ(found.verdict, Verdict::kPredicted);
  EXPECT_EQ(found.title, "A and B are locked in both orders");
  EXPECT_THAT(found.summary, HasSubstr("\"x\" locks B while it holds A"));
  EXPECT_THAT(found.tasks, SizeIs(2));
  ASSERT_THAT(found.schedule, SizeIs(4)) << "two locks taken, two asked for";
  EXPECT_EQ(found.schedule[0].what, "locks A");
  EXPECT_EQ(found.schedule[1].what, "locks B");
  EXPECT_THAT(found.identity_sites, ElementsAre(10, 11, 20, 21));
}

TEST(LockOrder, OneOrderIsNone) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  Nest(t.Task("x"), {a, b});
  Nest(t.Task("y"), {a, b});
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, AGateKeepsThemApart) {
  TraceBuilder t;
  const ObjectId gate = t.Mutex("gate"), a = t.Mutex("A"), b = t.Mutex("B");
  Nest(t.Task("x"), {gate, a, b});
  Nest(t.Task("y"), {gate, b, a});
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, AGateHeldForReadingKeepsNobodyApart) {
  TraceBuilder t;
  const ObjectId gate = t.RWMutex("gate"), a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.RLock(gate).Lock(a).Lock(b).Unlock(b).Unlock(a).RUnlock(gate);
  y.RLock(gate).Lock(b).Lock(a).Unlock(a).Unlock(b).RUnlock(gate);
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
}

TEST(LockOrder, OneTaskMayChangeItsMind) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x");
  Nest(x, {a, b});
  Nest(x, {b, a});
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, ALockAtTheSameAddressIsAnotherLock) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  const ObjectId first = t.Mutex("");
  Nest(t.Task("x"), {a, first});
  t.Main().On(EventType::kObjectEnd, first);
  const ObjectId second = t.Mutex("");
  Nest(t.Task("y"), {second, a});
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

// The Done would take the counter below zero before the Add, which comes after the other's part.
TEST(LockOrder, ADoneNeedsTheAddThatItFollowed) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), group = t.WaitGroup("group");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  x.Add(group, 1);
  y.Done(group);
  Nest(y, {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
}

// transfer(from, to) over more and more accounts: the same two lines.
TEST(LockOrder, CirclesOfAnyLengthAtTheSamePlacesAreOneFinding) {
  TraceBuilder t;
  const ObjectId accounts[] = {t.Mutex(""), t.Mutex(""), t.Mutex(""), t.Mutex("")};
  for (const ObjectId from : accounts) {
    for (const ObjectId to : accounts) {
      if (from == to) continue;
      t.Task("transfer").At(7).Lock(from).At(8).Lock(to).Unlock(to).Unlock(from);
    }
  }
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].tasks, SizeIs(2)) << "the shortest";
  EXPECT_GT(findings[0].count, 6u);
}

TEST(LockOrder, ThreeLocksInACircle) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), c = t.Mutex("C");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  Nest(x, {a, b});
  Nest(y, {b, c});
  Nest(z, {c, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
  EXPECT_EQ(findings[0].title, "A, B and C are locked in an order that goes round in a circle");
  EXPECT_THAT(findings[0].tasks, SizeIs(3));
}

TEST(LockOrder, SpawnAndJoinForbidIt) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Thread("x");
  Nest(x, {a, b});
  x.End();
  t.Main().Join(x);
  Nest(t.Thread("y"), {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(findings[0].schedule, IsEmpty());
  EXPECT_THAT(findings[0].reasons, Contains(HasSubstr("started, or waited for")));
}

TEST(LockOrder, AMessageForbidsIt) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), c = t.Chan("turn");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  y.WantsRecv(c);
  x.SendTo(y, c);
  Nest(y, {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(findings[0].reasons, Contains(HasSubstr("a message")));
}

TEST(LockOrder, AWaitGroupForbidsIt) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), group = t.WaitGroup("wg");
  t.Main().Add(group, 2);
  TaskTrace x = t.Task("x"), other = t.Task("other");
  Nest(x, {a, b});
  x.Done(group);
  other.Done(group);
  t.Main().Wait(group);
  Nest(t.Main(), {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
}

TEST(LockOrder, ASharedFlagForbidsIt) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), flag = t.Atomic("ready");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  x.Store(flag);
  y.Load(flag);
  Nest(y, {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
}

TEST(LockOrder, TheOrderOfSectionsForbidsIt) {
  // y reads under `mu` what x wrote under it after its nesting.
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), mu = t.Mutex("mu"), v = t.Variable("v");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.Lock(mu);
  Nest(x, {a, b});
  x.Unlock(mu);
  z.Lock(mu).Write(v).Unlock(mu);
  y.Read(v);
  Nest(y, {b, a});
  // z's section of `mu` is needed by y, x's came before it: x must have left it.
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(findings[0].reasons, Contains(HasSubstr("critical sections")));
}

TEST(LockOrder, ALaterRoundOfThePatternIsReachedToo) {
  // The first rounds are ordered by a message, the second ones are not.
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B"), c = t.Chan("turn", 1);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  x.Send(c);
  y.Recv(c);
  Nest(y, {b, a});
  Nest(x, {a, b});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
}

TEST(LockOrder, ATryCannotDeadlock) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  y.Lock(b).Try().Lock(a).Unlock(a).Unlock(b);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, ATimedRequestCannotEither) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  y.Lock(b).Timed().WantsLock(a).Lock(a).Unlock(a).Unlock(b);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, ReadersOfReaderPreferringLocksDoNotBlockEachOther) {
  TraceBuilder t;
  const ObjectId a = t.Object(ObjectKind::kRWMutexReaders, "A");
  const ObjectId b = t.Object(ObjectKind::kRWMutexReaders, "B");
  TaskTrace x = t.Task("x"), y = t.Task("y"), w = t.Task("writer");
  x.RLock(a).RLock(b).RUnlock(b).RUnlock(a);
  y.RLock(b).RLock(a).RUnlock(a).RUnlock(b);
  w.Lock(a).Unlock(a).Lock(b).Unlock(b);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, ReadersOfWriterPreferringLocksMeetWriters) {
  TraceBuilder t;
  const ObjectId a = t.RWMutex("A"), b = t.RWMutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y"), w = t.Task("writer");
  x.RLock(a).RLock(b).RUnlock(b).RUnlock(a);
  y.RLock(b).RLock(a).RUnlock(a).RUnlock(b);
  w.Lock(a).Unlock(a).Lock(b).Unlock(b);
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
}

TEST(LockOrder, ReadersWithoutAnyWriterAreNone) {
  TraceBuilder t;
  const ObjectId a = t.RWMutex("A"), b = t.RWMutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.RLock(a).RLock(b).RUnlock(b).RUnlock(a);
  y.RLock(b).RLock(a).RUnlock(a).RUnlock(b);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, AReaderAgainstAWriterIsSuspected) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache"), mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.RLock(rw).Lock(mu).Unlock(mu).RUnlock(rw);
  Nest(y, {mu, rw});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(findings[0].reasons, Contains(HasSubstr("read mode")));
}

TEST(LockOrder, ALockThatAnotherTaskUnlocksIsASignal) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), signal = t.Mutex("signal");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a).Lock(signal).Unlock(a);
  y.Unlock(signal);
  y.Lock(signal).Lock(a).Unlock(a).Unlock(signal);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(LockOrder, OnePlaceWithManyLocksIsOneFinding) {
  TraceBuilder t;
  ObjectId accounts[4];
  for (ObjectId& account : accounts) account = t.Mutex("");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  const auto transfer = [](TaskTrace task, ObjectId from, ObjectId to) {
    task.At(18).Lock(from).At(19).Lock(to).Unlock(to).Unlock(from);
  };
  for (int i = 0; i < 3; ++i) {
    transfer(x, accounts[i], accounts[i + 1]);
    transfer(y, accounts[i + 1], accounts[i]);
  }
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].count, 3u);
  EXPECT_THAT(findings[0].advice, ElementsAre(HasSubstr("order of its arguments")));
}

TEST(LockOrder, TheRarerOrderIsTheOneToChange) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  Nest(x, {a, b});
  Nest(x, {a, b});
  Nest(y, {b, a});
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].advice,
              ElementsAre(HasSubstr("3 places take both; 2 of them take A first. Cheapest to "
                                    "change: the one that takes B first.")));
}

TEST(LockOrder, IsReportedOnceAcrossCuts) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  for (int round = 0; round < 2; ++round) {
    x.At(10).Lock(a).At(11).Lock(b).Unlock(b).Unlock(a);
    y.At(20).Lock(b).At(21).Lock(a).Unlock(a).Unlock(b);
  }
  LockOrder order;
  detector::Model model;
  for (const auto& event : t.events()) {
    if (order.wants().test(static_cast<std::size_t>(event.type))) order.On(event, model);
    model.Apply(event);
  }
  EXPECT_THAT(order.AtCut({}, model), SizeIs(1));
  EXPECT_THAT(order.AtCut({}, model), IsEmpty());
}

TEST(LockOrder, IdsThatNoRecorderGivesAreLeftOut) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  TaskTrace x = t.Task("x"), absurd(t, 4'000'000'000);
  Nest(x, {a, 4'100'000'000, 67'000'000});
  Nest(absurd, {67'000'000, a});
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

// --- Recursive reads ---------------------------------------------------------

TEST(RecursiveRead, AWriterThatCanComeBetweenIsPredicted) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  TaskTrace reader = t.Task("reader"), writer = t.Task("writer");
  reader.RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw);
  writer.Lock(rw).Unlock(rw);
  const auto findings = Play<LockOrder>(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
  EXPECT_THAT(findings[0].schedule, SizeIs(3));
}

TEST(RecursiveRead, WithoutAWriterIsHarmless) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  t.Task("reader").RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(RecursiveRead, AWriterThatIsDoneBeforeTheReaderStartsIsHarmless) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache");
  t.Main().Lock(rw).Unlock(rw);
  t.Task("reader").RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(RecursiveRead, AWriterThatWaitsForTheReadersFirstIsHarmless) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache"), wg = t.WaitGroup("wg");
  TaskTrace main = t.Main();
  main.Add(wg, 1);
  TaskTrace reader = main.Go("reader");
  reader.RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw).Done(wg);
  main.Wait(wg).Lock(rw).Unlock(rw);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(RecursiveRead, ReaderPreferringLocksAllowIt) {
  TraceBuilder t;
  const ObjectId rw = t.Object(ObjectKind::kRWMutexReaders, "cache");
  TaskTrace reader = t.Task("reader"), writer = t.Task("writer");
  reader.RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw);
  writer.Lock(rw).Unlock(rw);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(RecursiveRead, AGateKeepsTheWriterOut) {
  TraceBuilder t;
  const ObjectId rw = t.RWMutex("cache"), gate = t.Mutex("gate");
  TaskTrace reader = t.Task("reader"), writer = t.Task("writer");
  reader.Lock(gate).RLock(rw).RLock(rw).RUnlock(rw).RUnlock(rw).Unlock(gate);
  writer.Lock(gate).Lock(rw).Unlock(rw).Unlock(gate);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
