// Cycles of a lock and a channel, a WaitGroup or a join, predicted from runs that got through.
#include "detector/analysis/mixed_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
  worker.Lock(mu);
  worker.Unlock(mu);
  worker.End();
  main.Lock(mu);
  main.Join(worker);
  main.Unlock(mu);
  EXPECT_THAT(Predict(t), SizeIs(1));
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

// The position of the step that wrote the event.
int StepOf(std::uint64_t seq, const BuildIds& ids) {
  const auto step = std::lower_bound(ids.events.begin(), ids.events.end(), seq);
  return static_cast<int>(step - ids.events.begin());
}

// Whatever is predicted can happen: some order of the run's own steps gets there and stays there.
TEST(MixedCycleOracle, PredictsOnlyWhatSomeReorderingReaches) {
  std::mt19937_64 random(4'117);
  int predicted = 0;
  for (int round = 0; round < 8'000; ++round) {
    const ProgramShape shape{.tasks = 2 + round % 2,
                             .locks = 1 + round % 2,
                             .variables = round % 2,
                             .channels = 1 + round % 3,
                             .groups = 1,
                             .steps = 20 + round % 20};
    const Execution run = RandomExecution(shape, random);
    TraceBuilder t;
    const BuildIds ids = Build(run, shape, t);
    for (const Finding& finding : Predict(t)) {
      ASSERT_THAT(finding.schedule, SizeIs(3));
      const int wait = StepOf(finding.schedule[1].seq, ids);
      const int request = StepOf(finding.schedule[2].seq, ids);
      ASSERT_TRUE(CanWaitForEachOther(run, shape, wait, request))
          << "round " << round << ", steps " << wait << " and " << request << "\n"
          << ToString(run);
      ++predicted;
    }
  }
  EXPECT_GT(predicted, 200) << "the runs no longer test much";
}

}  // namespace
}  // namespace gordian::testing
