// leak.*: who is left behind, and why; each story with its twin.
#include "detector/analysis/leak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/analysis/leak_resource.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Cut;
using detector::CutKind;
using detector::Finding;
using detector::Leak;
using detector::LeakResource;
using detector::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void MainReturns(TraceBuilder& t) {
  t.ProcessEnd();
  t.Main().End();
}

TEST(Leak, TheReceiverHasGone) {
  TraceBuilder t;
  const ObjectId results = t.Chan("results");
  TaskTrace x = t.Task("fetch");
  t.Main().SelectBlocks({Case::Recv(results)});
  t.Main().WaitEnd(0, trace::WaitEndReason::kTimeout);
  x.At(12).WantsSend(results);
  MainReturns(t);
  const std::vector<Finding> found = Play<Leak>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "leak.goroutine");
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_EQ(found[0].title, "\"fetch\" blocks for ever in channel send on results");
  EXPECT_THAT(found[0].reasons[0], HasSubstr("\"main\" has ended"));
  EXPECT_EQ(found[0].tasks[0].at, 12u);
}

TEST(Leak, TwinHasRoomForTheResult) {
  TraceBuilder t;
  const ObjectId results = t.Chan("results", 1);
  TaskTrace x = t.Task("fetch");
  x.Send(results).End();
  MainReturns(t);
  EXPECT_THAT(Play<Leak>(t), IsEmpty());
}

TEST(Leak, TasksAlikeAreOneFindingWithTheirNumber) {
  TraceBuilder t;
  const ObjectId c = t.Chan("c");
  for (int i = 0; i < 3; ++i) t.Main().At(7).Go("worker").At(8).WantsRecv(c);
  MainReturns(t);
  const std::vector<Finding> found = Play<Leak>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].count, 3u);
  EXPECT_EQ(found[0].title, "3 goroutines like \"worker\" block for ever in channel receive on c");
  EXPECT_THAT(found[0].explains, SizeIs(3));
}

TEST(Leak, WhatStillRunsIsSuspectedAtTheEndOfAProgramAndConfirmedOfATest) {
  TraceBuilder program;
  program.Task("ticker");
  MainReturns(program);
  std::vector<Finding> found = Play<Leak>(program);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kSuspected);

  TraceBuilder test;
  test.Task("fixture");  // from before the test: not its leak
  test.TestBegin(1, "Bank.Transfer");
  test.Task("ticker");
  test.TestEnd(1);
  Leak analysis;
  found = Play(test, analysis, Cut{.kind = CutKind::kTestEnd, .test_id = 1});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_EQ(found[0].test, "Bank.Transfer");
}

TEST(Leak, ATestsTaskThatIsThereAtTheEndOfTheProgramWasLeftByItsTest) {
  TraceBuilder t;
  t.TestBegin(1, "Server.Stops");
  t.Main().Go("poller");
  t.TestEnd(1);
  MainReturns(t);
  const std::vector<Finding> found = Play<Leak>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verdict, Verdict::kConfirmed);
  EXPECT_EQ(found[0].test, "Server.Stops");
}

TEST(Leak, AnExplainedTaskIsNoLeakAndAReportedOneNotTwice) {
  TraceBuilder t;
  const ObjectId c = t.Chan("c");
  TaskTrace x = t.Task("x");
  x.WantsRecv(c);
  MainReturns(t);
  const absl::flat_hash_set<TaskId> explained = {x.id()};
  Leak analysis;
  EXPECT_THAT(Play(t, analysis, Cut{.kind = CutKind::kProgramEnd, .explained = &explained}),
              IsEmpty());
  Leak twice;
  detector::Model model;
  for (const trace::Event& event : t.events()) model.Apply(event);
  EXPECT_THAT(twice.AtCut({.kind = CutKind::kProgramEnd}, model), SizeIs(1));
  EXPECT_THAT(twice.AtCut({.kind = CutKind::kProgramEnd}, model), IsEmpty());
}

TEST(Leak, AThreadIsJoinedOrDetachedOrLeaks) {
  for (int way = 0; way < 3; ++way) {
    TraceBuilder t;
    TaskTrace x = t.Thread("x");
    x.End();
    if (way == 0) t.Main().Join(x);
    if (way == 1) t.Append(1, EventType::kTaskDetach, x.id());
    MainReturns(t);
    const std::vector<Finding> found = Play<Leak>(t);
    ASSERT_THAT(found, SizeIs(way == 2 ? 1 : 0));
    if (way == 2) {
      EXPECT_EQ(found[0].rule, "leak.thread");
    }
  }
}

TEST(Leak, AMissingDoneIsCounted) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  t.Main().Add(group, 2);
  TaskTrace x = t.Task("worker"), y = t.Task("closer");
  x.Done(group).End();
  y.WantsWait(group);
  MainReturns(t);
  const std::vector<Finding> found = Play<Leak>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].reasons[0], HasSubstr("stands at 1"));
  EXPECT_THAT(found[0].reasons[1], HasSubstr("\"worker\" has ended"));
}

TEST(Leak, AProgramThatEndedItselfLeavesItsTasksBehindOfCourse) {
  TraceBuilder t;
  t.Task("worker");
  t.ProcessEnd(trace::ProcessEndReason::kFatal);
  EXPECT_THAT(Play<Leak>(t), IsEmpty());
}

TEST(Leak, ATraceThatDoesNotSayHowItEndedProvesNothingOfThoseWhoRun) {
  TraceBuilder t;
  t.Task("worker");
  t.Thread("ended").End();
  EXPECT_THAT(Play<Leak>(t), IsEmpty());
}

TEST(LeakResource, AContextIsCancelledOrLeaks) {
  for (const bool cancelled : {false, true}) {
    TraceBuilder t;
    const ObjectId context = t.Object(ObjectKind::kContext, "request");
    if (cancelled) t.Main().On(EventType::kCancel, context);
    t.Main().On(EventType::kObjectEnd, context);
    MainReturns(t);
    const std::vector<Finding> found = Play<LeakResource>(t);
    ASSERT_THAT(found, SizeIs(cancelled ? 0 : 1));
    if (!cancelled) {
      EXPECT_EQ(found[0].rule, "leak.context");
    }
  }
}

TEST(LeakResource, ATickerIsStoppedOrLeaksAndATimerMayBePending) {
  for (const bool stopped : {false, true}) {
    TraceBuilder t;
    const ObjectId timer = t.Object(ObjectKind::kTimer, "timer");
    const ObjectId ticker = t.Object(ObjectKind::kTicker, "ticker");
    t.Main().On(EventType::kTimerSet, timer, {5}).On(EventType::kTimerSet, ticker, {5});
    if (stopped) t.Main().On(EventType::kTimerStop, ticker);
    MainReturns(t);
    EXPECT_THAT(Play<LeakResource>(t), SizeIs(stopped ? 0 : 1));
  }
}

}  // namespace
}  // namespace gordian::testing
