// Deadlocks among some tasks, told while others run on.
#include "detector/analysis/present_deadlock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/trace_builder.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A program whose main runs on, looked at as often as is asked.
class Program {
 public:
  std::vector<Finding> Look() {
    while (applied_ < t.events().size()) model_.Apply(t.events()[applied_++]);
    return present_.Look(model_);
  }
  std::vector<Finding> LookTwice() {
    EXPECT_THAT(Look(), IsEmpty()) << "the first look has to be confirmed";
    return Look();
  }

  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  ObjectId a = t.Mutex("a"), b = t.Mutex("b");

 private:
  detector::Model model_;
  detector::PresentDeadlock present_;
  std::size_t applied_ = 0;
};

TEST(PresentDeadlock, ACycleOfLocksIsToldOnce) {
  Program p;
  p.x.Lock(p.a);
  p.y.Lock(p.b);
  p.x.WantsLock(p.b);
  EXPECT_THAT(p.LookTwice(), IsEmpty());
  p.y.WantsLock(p.a);
  const std::vector<Finding> findings = p.LookTwice();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.cycle");
  EXPECT_THAT(findings[0].explains, SizeIs(2));
  EXPECT_THAT(p.LookTwice(), IsEmpty());
}

TEST(PresentDeadlock, WhatWasServedBetweenTwoLooksIsNone) {
  Program p;
  p.x.Lock(p.a);
  p.y.Lock(p.b);
  p.x.WantsLock(p.b);
  p.y.WantsLock(p.a);
  EXPECT_THAT(p.Look(), IsEmpty());
  p.y.WaitEnd(p.a, trace::WaitEndReason::kGaveUp);
  EXPECT_THAT(p.Look(), IsEmpty());
  EXPECT_THAT(p.Look(), IsEmpty());
}

TEST(PresentDeadlock, ATimedRequestIsNone) {
  Program p;
  p.x.Lock(p.a);
  p.y.Lock(p.b);
  p.x.WantsLock(p.b);
  p.y.Timed().WantsLock(p.a);
  EXPECT_THAT(p.LookTwice(), IsEmpty());
}

TEST(PresentDeadlock, AChannelMightStillBeServedByWhoRunsOn) {
  Program p;
  const ObjectId c = p.t.Chan("c");
  p.x.Lock(p.a);
  p.x.WantsRecv(c);
  p.y.WantsLock(p.a);
  EXPECT_THAT(p.LookTwice(), IsEmpty());
}

TEST(PresentDeadlock, ALockThatWaitsForItsHolderMayBeASignalAtFirst) {
  Program p;
  p.x.Lock(p.a);
  p.x.WantsLock(p.a);
  EXPECT_THAT(p.LookTwice(), IsEmpty());
}

TEST(PresentDeadlock, ALockThatWasUsedAsOneIsNoSignal) {
  Program p;
  p.y.Lock(p.a).Unlock(p.a);
  p.x.Lock(p.a);
  p.x.WantsLock(p.a);
  const std::vector<Finding> findings = p.LookTwice();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock.self");
}

TEST(PresentDeadlock, AJoinOfOneWhoWaitsForTheJoiner) {
  Program p;
  p.x.Lock(p.a);
  p.y.WantsLock(p.a);
  p.x.WantsJoin(p.y);
  EXPECT_THAT(p.LookTwice(), SizeIs(1));
}

TEST(PresentDeadlock, WhereNothingRunsTheStandstillIsJudgedInstead) {
  Program p;
  p.x.Lock(p.a);
  p.y.Lock(p.b);
  p.x.WantsLock(p.b);
  p.y.WantsLock(p.a);
  p.t.Main().WantsLock(p.a);
  EXPECT_THAT(p.LookTwice(), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
