// Cycles of a lock and a channel, a WaitGroup or a join, predicted from runs that got through.
#include "detector/analysis/mixed_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "detector/analysis/lock_order.h"
#include "tests/analysis/random_program.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Finding> Predict(const TraceBuilder& t) {
  detector::Model model;
  detector::LockOrder order;
  detector::MixedCycle cycles(order);
  for (const trace::Event& event : t.events()) {
    const auto type = static_cast<std::size_t>(event.type);
    if (order.wants().test(type)) order.On(event, model);
    if (cycles.wants().test(type)) cycles.On(event, model);
    model.Apply(event);
  }
  return cycles.AtCut({.kind = detector::CutKind::kProgramEnd, .now_ns = model.now()}, model);
}

// The worker reports under no lock but needs it before; main waits for the report with it.
struct Report {
  TraceBuilder t;
  TaskTrace main = t.Main();
  ObjectId mu = t.Mutex("mu");
  ObjectId reports = t.Chan("reports", 0);
  TaskTrace worker = main.Go("worker");
};

TEST(MixedCycle, AReceiveUnderTheLockThatTheSenderNeedsFirst) {
  Report r;
  r.worker.Lock(r.mu);
  r.worker.Unlock(r.mu);
  r.main.Lock(r.mu);
  r.worker.Send(r.reports);
  r.main.Recv(r.reports);
  r.main.Unlock(r.mu);
  const std::vector<Finding> findings = Predict(r.t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
  EXPECT_THAT(findings[0].summary, HasSubstr("waits to receive from reports while it holds mu"));
  EXPECT_THAT(findings[0].schedule, SizeIs(3));
}

TEST(MixedCycle, NotWhereTheLockIsGivenBackFirst) {
  Report r;
  r.worker.Lock(r.mu);
  r.worker.Unlock(r.mu);
  r.main.Lock(r.mu);
  r.main.Unlock(r.mu);
  r.worker.Send(r.reports);
  r.main.Recv(r.reports);
  EXPECT_THAT(Predict(r.t), IsEmpty());
}

TEST(MixedCycle, NotWhereAMessageSaysThatTheSenderIsPastTheLock) {
  Report r;
  const ObjectId past = r.t.Chan("past", 1);
  r.worker.Lock(r.mu);
  r.worker.Unlock(r.mu);
  r.worker.Send(past);
  r.main.Recv(past);
  r.main.Lock(r.mu);
  r.worker.Send(r.reports);
  r.main.Recv(r.reports);
  r.main.Unlock(r.mu);
  EXPECT_THAT(Predict(r.t), IsEmpty());
}

TEST(MixedCycle, NotWhereAnotherTaskSendsToo) {
  Report r;
  TaskTrace other = r.main.Go("other");
  r.worker.Lock(r.mu);
  r.worker.Unlock(r.mu);
  r.main.Lock(r.mu);
  r.worker.Send(r.reports);
  r.main.Recv(r.reports);
  r.main.Unlock(r.mu);
  other.Send(r.reports);
  r.main.Recv(r.reports);
  EXPECT_THAT(Predict(r.t), IsEmpty());
}

TEST(MixedCycle, AWaitGroupUnderTheLockThatAWorkerNeeds) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.Mutex("mu");
  const ObjectId wg = t.WaitGroup("wg");
  main.Add(wg, 2);
  TaskTrace first = main.Go("first"), second = main.Go("second");
  first.Done(wg);
  second.Lock(mu);
  second.Unlock(mu);
  second.Done(wg);
  main.Lock(mu);
  main.Wait(wg);
  main.Unlock(mu);
  const std::vector<Finding> findings = Predict(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("\"second\""));
}

TEST(MixedCycle, AJoinUnderTheLockThatTheThreadNeeds) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.Mutex("mu");
  TaskTrace worker = main.Go("worker");
  const ObjectId other = t.Mutex("other");
  worker.Lock(mu);
  worker.Unlock(mu);
  worker.Lock(other).Unlock(other);
  worker.End();
  main.Lock(mu);
  main.Join(worker);
  main.Unlock(mu);
  const std::vector<Finding> findings = Predict(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kPredicted);
}

// A pool of threads that note under the lock that they are done, and are joined under it then.
TEST(MixedCycle, AJoinOfOneThatMayHaveNotedItsEndIsSuspected) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.Mutex("mu");
  TaskTrace worker = main.Go("worker");
  worker.Lock(mu).Unlock(mu).End();
  main.Lock(mu).Join(worker).Unlock(mu);
  const std::vector<Finding> findings = Predict(t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, Verdict::kSuspected);
  EXPECT_THAT(findings[0].schedule, IsEmpty());
}

// The closer needs no lock, but hears from one who does. In another order it might hear from
// somebody else: nothing is proved.
TEST(MixedCycle, NotWhereTheServerOnlyHeardFromTheOneWhoNeedsTheLock) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.Mutex("mu");
  const ObjectId pending = t.Chan("pending", 0), stop = t.Chan("stop", 0);
  TaskTrace helper = main.Go("helper"), pop = main.Go("pop");
  helper.Lock(mu).Unlock(mu).Send(pending);
  main.Recv(pending);
  pop.Lock(mu);
  main.Close(stop);
  pop.RecvClosed(stop).Unlock(mu);
  EXPECT_THAT(Predict(t), IsEmpty());
}

TEST(MixedCycle, ABufferThatIsFullOnlyThen) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), notes = t.Chan("notes", 1);
  TaskTrace watcher = t.Task("watcher"), dialer = t.Task("dialer");
  for (int i = 0; i < 3; ++i) {
    dialer.Lock(mu).Send(notes).Unlock(mu);
    watcher.Recv(notes).Lock(mu).Unlock(mu);
  }
  EXPECT_THAT(Predict(t), SizeIs(1));
}

TEST(MixedCycle, ReadersDoNotKeepEachOtherOut) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.RWMutex("mu");
  const ObjectId reports = t.Chan("reports", 0);
  TaskTrace worker = main.Go("worker");
  worker.RLock(mu);
  worker.RUnlock(mu);
  main.RLock(mu);
  worker.Send(reports);
  main.Recv(reports);
  main.RUnlock(mu);
  EXPECT_THAT(Predict(t), IsEmpty());
}

TEST(MixedCycle, AfterASleepAsWell) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  const ObjectId mu = t.Mutex("mu");
  TaskTrace worker = main.Go("worker");
  worker.Lock(mu).Unlock(mu).End();
  main.Sleep(1'000).WaitEnd(0, trace::WaitEndReason::kTimeout).Lock(mu).Join(worker).Unlock(mu);
  EXPECT_THAT(Predict(t), SizeIs(1));
}

// The Once's body locks what another one holds when it comes to the Once.
struct Opening {
  TraceBuilder t;
  TaskTrace main = t.Main();
  ObjectId mu = t.Mutex("mu"), once = t.Once("open");
  TaskTrace first = main.Go("first"), second = main.Go("second");
};

TEST(MixedCycle, AOnceWhoseBodyNeedsTheLock) {
  Opening o;
  o.first.OnceBegin(o.once).Lock(o.mu).Unlock(o.mu).OnceEnd(o.once);
  o.second.Lock(o.mu).OnceSeen(o.once).Unlock(o.mu);
  const std::vector<Finding> findings = Predict(o.t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].summary, HasSubstr("which has to finish open"));
}

TEST(MixedCycle, NotWhereTheLockIsTakenBeforeTheOnceBegins) {
  Opening o;
  o.first.Lock(o.mu).Unlock(o.mu).OnceBegin(o.once).OnceEnd(o.once);
  o.second.Lock(o.mu).OnceSeen(o.once).Unlock(o.mu);
  EXPECT_THAT(Predict(o.t), IsEmpty());
}

// A permit and a lock, taken in both orders.
struct Permits {
  explicit Permits(std::uint64_t n) : seats(t.Object(ObjectKind::kSemaphore, "seats", n)) {}
  TraceBuilder t;
  TaskTrace main = t.Main();
  ObjectId mu = t.Mutex("mu"), seats;
  TaskTrace first = main.Go("first"), second = main.Go("second");
};

TEST(MixedCycle, ThePermitThatTheOtherOneHoldsWhenItAsksForTheLock) {
  Permits p(1);
  p.first.SemAcquire(p.seats).Lock(p.mu).Unlock(p.mu).SemRelease(p.seats);
  p.second.Lock(p.mu).SemAcquire(p.seats).SemRelease(p.seats).Unlock(p.mu);
  const std::vector<Finding> findings = Predict(p.t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].summary, HasSubstr("waits for a permit of seats while it holds mu"));
}

TEST(MixedCycle, NotWhereThereAreTwoPermits) {
  Permits p(2);
  p.first.SemAcquire(p.seats).Lock(p.mu).Unlock(p.mu).SemRelease(p.seats);
  p.second.Lock(p.mu).SemAcquire(p.seats).SemRelease(p.seats).Unlock(p.mu);
  EXPECT_THAT(Predict(p.t), IsEmpty());
}

TEST(MixedCycle, NotWhereAContextEndsTheWait) {
  Permits p(1);
  p.first.SemAcquire(p.seats).Lock(p.mu).Unlock(p.mu).SemRelease(p.seats);
  p.second.Lock(p.mu).Timed().SemAcquire(p.seats).SemRelease(p.seats).Unlock(p.mu);
  EXPECT_THAT(Predict(p.t), IsEmpty());
}

// A slot of a channel, used as a lock.
TEST(MixedCycle, TheSlotThatTheOtherOneHoldsWhenItAsksForTheLock) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), slot = t.Chan("slot", 1);
  TaskTrace first = t.Task("first"), second = t.Task("second");
  first.Send(slot).Lock(mu).Unlock(mu).Recv(slot);
  second.Lock(mu).Send(slot).Recv(slot).Unlock(mu);
  EXPECT_THAT(Predict(t), SizeIs(1));
}

// A monitor within a monitor: the wait gives back the inner lock only.
struct Nested {
  TraceBuilder t;
  TaskTrace main = t.Main();
  ObjectId outer = t.Mutex("outer"), inner = t.Mutex("inner"), ready = t.Cond("ready");
  TaskTrace waiter = main.Go("waiter"), signaller = main.Go("signaller");
  void Wait() {
    waiter.Lock(outer).Lock(inner).CondWait(ready, inner).Unlock(inner);
    signaller.Lock(inner).Unlock(inner).CondSignal(ready, 1).For(waiter).CondWake(ready);
    waiter.Lock(inner).Unlock(inner).Unlock(outer);
  }
};

TEST(MixedCycle, AConditionWhoseSignallerNeedsTheOuterLock) {
  Nested n;
  n.signaller.Lock(n.outer).Unlock(n.outer);
  n.Wait();
  EXPECT_THAT(Predict(n.t), SizeIs(1));
}

TEST(MixedCycle, NotWhereAnotherOneSignalsToo) {
  Nested n;
  n.signaller.Lock(n.outer).Unlock(n.outer);
  n.Wait();
  n.main.CondBroadcast(n.ready);
  EXPECT_THAT(Predict(n.t), IsEmpty());
}

// The position of the step that wrote the event.
int StepOf(std::uint64_t seq, const BuildIds& ids) {
  const auto step = std::lower_bound(ids.events.begin(), ids.events.end(), seq);
  return static_cast<int>(step - ids.events.begin());
}

// By hand, GORDIAN_ORACLE=50 looks at so many times as many runs.
int Rounds(int rounds) {
  const char* const times = std::getenv("GORDIAN_ORACLE");
  return times != nullptr ? rounds * std::max(1, std::atoi(times)) : rounds;
}

// Whatever is predicted can happen: some order of the run's own steps gets there and stays there.
int PredictedAndReal(std::uint64_t seed, int rounds, ProgramShape (*shape_of)(int)) {
  std::mt19937_64 random(seed);
  int predicted = 0;
  for (int round = 0; round < Rounds(rounds); ++round) {
    const ProgramShape shape = shape_of(round);
    const Execution run = RandomExecution(shape, random);
    TraceBuilder t;
    const BuildIds ids = Build(run, shape, t);
    for (const Finding& finding : Predict(t)) {
      if (finding.verdict != Verdict::kPredicted) continue;  // nothing is claimed
      const int wait = StepOf(finding.schedule.at(1).seq, ids);
      const int request = StepOf(finding.schedule.at(2).seq, ids);
      if (!CanWaitForEachOther(run, shape, wait, request)) {
        ADD_FAILURE() << "round " << round << ", steps " << wait << " and " << request << "\n"
                      << ToString(run);
        return predicted;
      }
      ++predicted;
    }
  }
  return predicted;
}

TEST(MixedCycleOracle, MessagesAndGroups) {
  EXPECT_GT(PredictedAndReal(4'117, 8'000,
                             [](int round) {
                               return ProgramShape{.tasks = 2 + round % 2,
                                                   .locks = 1 + round % 2,
                                                   .variables = round % 2,
                                                   .channels = 1 + round % 3,
                                                   .groups = 1,
                                                   .steps = 20 + round % 20};
                             }),
            200);
}

TEST(MixedCycleOracle, Permits) {
  EXPECT_GT(PredictedAndReal(91, 8'000,
                             [](int round) {
                               return ProgramShape{.tasks = 2 + round % 2,
                                                   .locks = 1 + round % 2,
                                                   .semaphores = 1 + round % 2,
                                                   .steps = 40 + round % 30,
                                                   .joins = false};
                             }),
            100);
}

TEST(MixedCycleOracle, Onces) {
  EXPECT_GT(PredictedAndReal(1'207, 16'000,
                             [](int round) {
                               return ProgramShape{.tasks = 2 + round % 2,
                                                   .locks = 1 + round % 2,
                                                   .onces = 2,
                                                   .steps = 40 + round % 20,
                                                   .joins = false};
                             }),
            100);
}

TEST(MixedCycleOracle, Conditions) {
  EXPECT_GT(PredictedAndReal(311, 16'000,
                             [](int round) {
                               return ProgramShape{.tasks = 2 + round % 2,
                                                   .locks = 2 + round % 2,
                                                   .variables = round % 2,
                                                   .conditions = 1,
                                                   .steps = 40 + round % 30,
                                                   .joins = false};
                             }),
            60);
}

TEST(MixedCycleOracle, AllTogether) {
  EXPECT_GT(PredictedAndReal(577, 6'000,
                             [](int round) {
                               return ProgramShape{.tasks = 2 + round % 2,
                                                   .locks = 2,
                                                   .variables = 1,
                                                   .channels = 2,
                                                   .groups = 1,
                                                   .semaphores = 2,
                                                   .onces = 1,
                                                   .conditions = 1,
                                                   .steps = 40 + round % 12};
                             }),
            200);
}

}  // namespace
}  // namespace gordian::testing
