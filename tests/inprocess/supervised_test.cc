// The same tests under `gordian run`: a test that hangs fails, the tests after it run, and the
// report of the command has all that was found.
//
// The command used to end the whole program where one test hung.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inprocess/run_tests.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRun[] = GORDIAN " run --color=never -- ";

Outcome RunSupervised(const std::string& filter, const std::string& options = "") {
  return RunTests(kRun + std::string(SAMPLE_TESTS), filter, options);
}

TEST(Supervised, TestsThatHangFailAndTheOthersRun) {
  const Outcome outcome =
      RunSupervised("Deadlock.HangsTheTest:Deadlock.OnARWMutex:Deadlock.AfterItOthersRun");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("deadlock.global: nothing can run any more: \"a then b\" and"),
                    HasSubstr("[  FAILED  ] Deadlock.HangsTheTest ("),
                    HasSubstr("deadlock.self: main waits for ever for mu"),
                    HasSubstr("[  FAILED  ] Deadlock.OnARWMutex ("),
                    HasSubstr("[       OK ] Deadlock.AfterItOthersRun"),
                    HasSubstr("deadlock.global · confirmed · Deadlock.HangsTheTest "),
                    HasSubstr("deadlock.self · confirmed · Deadlock.OnARWMutex "),
                    HasSubstr("2 findings (2 confirmed)"), Not(HasSubstr("fresh process"))));
}

TEST(Supervised, WhatCannotBeUnwoundGoesOnInAFreshProcess) {
  const Outcome outcome = RunSupervised("Deadlock.OfPlainThreads:Deadlock.InADestructor:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(CountOf(outcome.output, "going on in a fresh process"), 2u) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("[       OK ] Last.Runs"),
                    HasSubstr("3 tests ran in all these processes, 2 of them failed"),
                    HasSubstr("deadlock.global · confirmed"),
                    HasSubstr("deadlock.self · confirmed"), HasSubstr("2 findings (2 confirmed)")));
}

TEST(Supervised, ATestThatDeadlocksInPartEndsBeforeItsTime) {
  const Outcome outcome = RunSupervised("Deadlock.OfSomeTasksOnly:Deadlock.AfterItOthersRun");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_LT(outcome.seconds, 30);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("deadlock.cycle: \"a then b\" and \"b then a\""),
                                    HasSubstr("[  FAILED  ] Deadlock.OfSomeTasksOnly"),
                                    HasSubstr("[       OK ] Deadlock.AfterItOthersRun"),
                                    HasSubstr("1 finding (1 confirmed)")));
}

TEST(Supervised, AFatalTestTakesNoFindingOfAnotherTestAway) {
  const Outcome outcome = RunSupervised(
      "Leak.OfAGoroutine:Leak.SettlesWithinTheGrace:Misuse.UnlockOfUnlockedIsFatal:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("[  FAILED  ] Misuse.UnlockOfUnlockedIsFatal"),
                    HasSubstr("[       OK ] Last.Runs"), HasSubstr("leak.goroutine · confirmed"),
                    HasSubstr("misuse.unlock-unlocked · confirmed"),
                    HasSubstr("2 findings (2 confirmed)")));
}

TEST(Supervised, ALockThatTheBodyOfATestLeavesHeldIsTold) {
  const Outcome outcome = RunSupervised("Held.LeftByTheBody:FixtureWithLocks.*");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("misuse.held-at-exit · confirmed · Held.LeftByTheBody "),
                    HasSubstr("1 finding (1 confirmed)")));
}

TEST(Supervised, ATestThatDoesNotEndIsEndedAtItsTime) {
  const Outcome outcome = RunSupervised("Time.DoesNotEnd:Last.Runs", "test_timeout=1s");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("did not end in time (test_timeout=1s)"),
                                    HasSubstr("[       OK ] Last.Runs")));
}

TEST(Supervised, TestProgramsBelowAnotherProgramDoSoToo) {
  const std::string tests = SAMPLE_TESTS " --gtest_filter=Deadlock.OfTheTestItself:Last.Runs";
  const Outcome outcome = RunTests(kRun + ("sh -c '" + tests + "; " + tests + "; exit 0' -- "), "");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(CountOf(outcome.output, "[       OK ] Last.Runs"), 2u) << outcome.output;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("Seen 2 times, in 2 of 3 traces"),
                                    HasSubstr("1 finding (1 confirmed)")));
}

TEST(Supervised, TwinsAreSilent) {
  const Outcome outcome = RunSupervised("*.Twin*:*.AfterItOthersRun:Leak.SettlesWithinTheGrace");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("No findings"));
}

}  // namespace
