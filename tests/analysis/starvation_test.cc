// starvation.*: both conditions, overtaken and long; and the healthy contention that has one.
#include "detector/analysis/starvation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/analysis/starvation_scheduler.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Cut;
using detector::CutKind;
using detector::Finding;
using detector::Starvation;
using detector::StarvationScheduler;
using detector::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMs = 1'000'000;

// `greedy` takes the lock `times` times, `each_ns` long, while `polite` waits for it.
void Overtake(TraceBuilder& t, TaskTrace greedy, ObjectId lock, int times, std::uint64_t each_ns) {
  for (int i = 0; i < times; ++i) {
    greedy.Lock(lock);
    t.Advance(each_ns);
    greedy.Unlock(lock);
  }
}

TEST(Starvation, AGreedyTaskKeepsAPoliteOneOut) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace greedy = t.Task("greedy"), polite = t.Task("polite");
  greedy.Lock(mu);
  polite.At(9).WantsLock(mu);
  greedy.Unlock(mu);
  Overtake(t, greedy, mu, 100, 20 * kMs);
  polite.Lock(mu);
  const std::vector<Finding> found = Play<Starvation>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "starvation.lock");
  EXPECT_EQ(found[0].verdict, Verdict::kSuspected);
  EXPECT_EQ(found[0].title, "\"polite\" starves in Lock on mu: overtaken 100 times");
  EXPECT_THAT(found[0].reasons[0], HasSubstr("\"greedy\" (100 times)"));
}

TEST(Starvation, AWaitThatNeverEndsIsConfirmed) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace greedy = t.Task("greedy"), polite = t.Task("polite");
  greedy.Lock(mu);
  polite.WantsLock(mu);
  greedy.Unlock(mu);
  Overtake(t, greedy, mu, 100, 20 * kMs);
  const std::vector<Finding> found = Play<Starvation>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
}

TEST(Starvation, TwinOvertakenOftenWithinMicroseconds) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace greedy = t.Task("greedy"), polite = t.Task("polite");
  greedy.Lock(mu);
  polite.WantsLock(mu);
  greedy.Unlock(mu);
  Overtake(t, greedy, mu, 5'000, 100);
  EXPECT_THAT(Play<Starvation>(t), IsEmpty());
  polite.Lock(mu);
  EXPECT_THAT(Play<Starvation>(t), IsEmpty());
}

TEST(Starvation, TwinOneLongHolder) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace holder = t.Task("holder"), waiter = t.Task("waiter");
  holder.Lock(mu);
  waiter.WantsLock(mu);
  t.Advance(5'000 * kMs);
  holder.Unlock(mu).For(waiter).Lock(mu);
  EXPECT_THAT(Play<Starvation>(t), IsEmpty());
}

TEST(Starvation, TwinTheQueueServesInOrder) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu);
  for (int i = 0; i < 200; ++i) {
    y.WantsLock(mu);
    t.Advance(20 * kMs);
    x.Unlock(mu).For(y).Lock(mu);
    x.WantsLock(mu);
    t.Advance(20 * kMs);
    y.Unlock(mu).For(x).Lock(mu);
  }
  EXPECT_THAT(Play<Starvation>(t), IsEmpty());
}

TEST(Starvation, AWriterBehindAStreamOfReaders) {
  TraceBuilder t;
  const ObjectId rw = t.Object(ObjectKind::kRWMutexReaders, "rw");
  TaskTrace a = t.Task("a"), b = t.Task("b"), writer = t.Task("writer");
  a.RLock(rw);
  writer.WantsLock(rw);
  for (int i = 0; i < 50; ++i) {
    b.RLock(rw);
    t.Advance(20 * kMs);
    a.RUnlock(rw).RLock(rw);
    b.RUnlock(rw);
  }
  const std::vector<Finding> found = Play<Starvation>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].advice[0], HasSubstr("waiting writers"));
}

TEST(Starvation, ASemaphoresWaiter) {
  TraceBuilder t;
  const ObjectId s = t.Object(ObjectKind::kSemaphore, "slots", 2);
  TaskTrace small = t.Task("small"), large = t.Task("large");
  small.SemAcquire(s);
  large.WantsSem(s, 2);
  for (int i = 0; i < 100; ++i) {
    small.SemRelease(s).SemAcquire(s);
    t.Advance(20 * kMs);
  }
  const std::vector<Finding> found = Play<Starvation>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "starvation.semaphore");
}

// `hog` runs for `ns` while `victim` could.
void Hog(TraceBuilder& t, std::uint64_t ns, bool hog_runs) {
  TaskTrace hog = t.Task("hog"), victim = t.Task("victim");
  t.Append(1, EventType::kTaskStop, 1, {2'000'000});
  t.Append(victim.id(), EventType::kTaskStop, victim.id(), {2'000'000});
  t.Append(hog.id(), hog_runs ? EventType::kTaskRun : EventType::kTaskStop, hog.id(),
           {hog_runs ? 2u : 2'000'000u, 2'000'000});
  t.Append(hog.id(), EventType::kTaskReady, victim.id(), {3'000'000});
  t.Advance(ns);
  t.Append(hog.id(), EventType::kTaskStop, hog.id(), {ns});
  t.Append(victim.id(), EventType::kTaskRun, victim.id(), {2, ns + 3'000'000});
}

TEST(StarvationScheduler, AGoroutineComputesAndLetsNobodyRun) {
  TraceBuilder t;
  Hog(t, 3'000 * kMs, true);
  const std::vector<Finding> found = Play<StarvationScheduler>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title, "\"victim\" could run and was not run for 3000 ms");
  EXPECT_THAT(found[0].reasons[0], HasSubstr("\"hog\""));
}

// Nobody says when a goroutine that was spawned could run: its spawner's next clock reading does.
TEST(StarvationScheduler, ASpawnedGoroutineIsNotRunAtAll) {
  for (const bool clock_is_read : {true, false}) {
    TraceBuilder t;
    TaskTrace hog = t.Task("hog");
    constexpr TaskId kVictim = 9;
    t.Append(1, EventType::kTaskSpawn, kVictim,
             {static_cast<std::uint64_t>(trace::TaskKind::kGoroutine)}, "victim");
    if (clock_is_read) t.Append(1, EventType::kTime, 0, {3'000'000});
    t.Append(hog.id(), EventType::kTaskRun, hog.id(), {2, 3'000'000});
    t.Advance(3'000 * kMs);
    t.Append(hog.id(), EventType::kTaskStop, hog.id(), {3'000 * kMs});
    t.Append(kVictim, EventType::kTaskRun, kVictim, {1, 3'003 * kMs});
    const std::vector<Finding> found = Play<StarvationScheduler>(t);
    ASSERT_THAT(found, SizeIs(clock_is_read ? 1 : 0));
    if (clock_is_read) EXPECT_THAT(found[0].title, HasSubstr("\"victim\" could run"));
  }
}

TEST(StarvationScheduler, TwinIsShortOrTheMachineStoodStill) {
  TraceBuilder quick;
  Hog(quick, 30 * kMs, true);
  EXPECT_THAT(Play<StarvationScheduler>(quick), IsEmpty());
  TraceBuilder suspended;
  Hog(suspended, 3'000 * kMs, false);
  EXPECT_THAT(Play<StarvationScheduler>(suspended), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
