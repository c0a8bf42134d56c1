// livelock.*: everybody moves, nobody gets on; each story with its twin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/analysis/livelock_retry.h"
#include "detector/analysis/livelock_spin.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::LivelockRetry;
using detector::LivelockSpin;
using detector::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Both take their own, try the other's, fail, and give back.
void Corridor(TaskTrace x, TaskTrace y, ObjectId a, ObjectId b, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    x.Lock(a);
    y.Lock(b);
    x.At(10).TryLockFails(b);
    y.At(20).TryLockFails(a);
    x.Unlock(a);
    y.Unlock(b);
  }
}

TEST(LivelockRetry, TwoPeopleInACorridor) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("left"), b = t.Mutex("right");
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  Corridor(x, y, a, b, 150);
  const std::vector<Finding> found = Play<LivelockRetry>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_THAT(found[0].title, HasSubstr("keep undoing each other's work"));
  EXPECT_THAT(found[0].tasks, SizeIs(2));
  EXPECT_THAT(found[0].explains, SizeIs(2));
}

// Semaphores have no holders: the last to acquire is to blame.
TEST(LivelockRetry, TwoPeopleInACorridorOfPermits) {
  TraceBuilder t;
  const ObjectId a = t.Object(trace::ObjectKind::kSemaphore, "left", 1);
  const ObjectId b = t.Object(trace::ObjectKind::kSemaphore, "right", 1);
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  for (int i = 0; i < 150; ++i) {
    x.SemAcquire(a);
    y.SemAcquire(b);
    x.At(10).TryLockFails(b);
    y.At(20).TryLockFails(a);
    x.SemRelease(a);
    y.SemRelease(b);
  }
  const std::vector<Finding> found = Play<LivelockRetry>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_THAT(found[0].tasks, SizeIs(2));
}

TEST(LivelockRetry, ThatEndedByItselfIsSuspected) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("left"), b = t.Mutex("right");
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  Corridor(x, y, a, b, 150);
  x.Lock(a).Lock(b).Unlock(b).Unlock(a);
  const std::vector<Finding> found = Play<LivelockRetry>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(found[0].summary, HasSubstr("ended by itself"));
}

TEST(LivelockRetry, TwinGetsThroughNowAndThen) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("left"), b = t.Mutex("right");
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  for (int i = 0; i < 20; ++i) {
    Corridor(x, y, a, b, 50);
    x.Lock(a).Lock(b).Unlock(b).Unlock(a);
    y.Lock(b).Lock(a).Unlock(a).Unlock(b);
  }
  EXPECT_THAT(Play<LivelockRetry>(t), IsEmpty());
}

TEST(LivelockRetry, TwinSaysThatItMakesProgress) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("left"), b = t.Mutex("right");
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  for (int i = 0; i < 10; ++i) {
    Corridor(x, y, a, b, 50);
    t.Append(x.id(), EventType::kProgress, 0);
  }
  EXPECT_THAT(Play<LivelockRetry>(t), IsEmpty());
}

TEST(LivelockRetry, TwinOneHolderWorksWhileTheOtherRetries) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("left"), b = t.Mutex("right");
  TaskTrace x = t.Task("ann"), y = t.Task("bob");
  y.Lock(b);
  for (int i = 0; i < 1'000; ++i) x.Lock(a).TryLockFails(b).Unlock(a);
  EXPECT_THAT(Play<LivelockRetry>(t), IsEmpty());
}

TEST(LivelockRetry, PhilosophersWithTimeouts) {
  TraceBuilder t;
  const std::vector<ObjectId> forks = {t.Mutex("f0"), t.Mutex("f1"), t.Mutex("f2")};
  std::vector<TaskTrace> tasks = {t.Task("p0"), t.Task("p1"), t.Task("p2")};
  for (int round = 0; round < 120; ++round) {
    for (std::size_t i = 0; i < 3; ++i) tasks[i].Lock(forks[i]);
    for (std::size_t i = 0; i < 3; ++i) tasks[i].Timed().WantsLock(forks[(i + 1) % 3]);
    for (std::size_t i = 0; i < 3; ++i) {
      tasks[i].WaitEnd(forks[(i + 1) % 3], trace::WaitEndReason::kTimeout);
    }
    for (std::size_t i = 0; i < 3; ++i) tasks[i].Unlock(forks[i]);
  }
  const std::vector<Finding> found = Play<LivelockRetry>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].tasks, SizeIs(3));
}

TEST(LivelockSpin, TheHolderWaitsForTheSpinner) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace spinner = t.Task("spinner"), holder = t.Task("holder");
  holder.Lock(mu).WantsJoin(spinner);
  spinner.At(5).TryLockFails(mu, 20'000);
  const std::vector<Finding> found = Play<LivelockSpin>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_EQ(found[0].title, "\"spinner\" spins on mu, which cannot come");
}

TEST(LivelockSpin, TwinTheHolderWorksOrItWasServed) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace spinner = t.Task("spinner"), holder = t.Task("holder");
  holder.Lock(mu);
  spinner.TryLockFails(mu, 20'000);
  EXPECT_THAT(Play<LivelockSpin>(t), IsEmpty());
  holder.Unlock(mu).End();
  spinner.Lock(mu);
  EXPECT_THAT(Play<LivelockSpin>(t), IsEmpty());
}

TEST(LivelockSpin, AFlagThatNobodyWillSetIsSuspected) {
  TraceBuilder t;
  const ObjectId flag = t.Atomic("ready");
  TaskTrace setter = t.Task("setter"), spinner = t.Task("spinner");
  setter.Store(flag).End();
  for (int i = 0; i < 10'000; ++i) spinner.At(5).Load(flag);
  const std::vector<Finding> found = Play<LivelockSpin>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(found[0].summary, HasSubstr("\"setter\" has ended"));
}

// The setter never came to use the flag: nobody is known to be its giver, and nobody is left.
TEST(LivelockSpin, AFlagThatNobodyElseHasEverUsed) {
  for (const bool setter_ends : {false, true}) {
    TraceBuilder t;
    const ObjectId flag = t.Atomic("ready");
    TaskTrace setter = t.Task("setter");
    if (setter_ends) setter.End();
    for (int i = 0; i < 10'000; ++i) t.Main().At(5).Load(flag);
    const std::vector<Finding> found = Play<LivelockSpin>(t);
    ASSERT_THAT(found, SizeIs(setter_ends ? 1 : 0));
    if (setter_ends) EXPECT_THAT(found[0].summary, HasSubstr("no other task has ever used it"));
  }
}

TEST(LivelockSpin, APollWithDefaultOnAChannelWhoseSenderIsGone) {
  for (const bool sender_ends : {false, true}) {
    TraceBuilder t;
    const ObjectId c = t.Chan("c", 1);
    TaskTrace sender = t.Task("sender"), poller = t.Task("poller");
    sender.Send(c);
    poller.Recv(c);
    if (sender_ends) sender.End();
    for (int i = 0; i < 10'000; ++i) poller.Select({Case::Recv(c)}, true).SelectEnd(1);
    EXPECT_THAT(Play<LivelockSpin>(t), SizeIs(sender_ends ? 1 : 0));
  }
}

TEST(LivelockSpin, PollsThatAreOnlyCountedCount) {
  for (const bool works_in_between : {false, true}) {
    TraceBuilder t;
    const ObjectId c = t.Chan("c", 1), other = t.Chan("other", 1000);
    TaskTrace sender = t.Task("sender"), poller = t.Task("poller");
    sender.Send(c);
    poller.Recv(c);
    sender.End();
    poller.Select({Case::Recv(c)}, true).SelectEnd(1);
    for (int i = 0; i < 200; ++i) {
      poller.SelectPolls(64);
      if (works_in_between && i % 50 == 49) poller.Send(other);
    }
    EXPECT_THAT(Play<LivelockSpin>(t), SizeIs(works_in_between ? 0 : 1));
  }
}

}  // namespace
}  // namespace gordian::testing
