// What a test program linked with gordian::gtest_main says of its tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/inprocess/run_tests.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Outcome RunSample(const std::string& filter, const std::string& options = "") {
  return RunTests(SAMPLE_TESTS, filter, options);
}

TEST(InProcess, ADeadlockedTestFailsWithItsReportAndTheNextOneRuns) {
  const Outcome outcome = RunSample("Deadlock.HangsTheTest:Deadlock.AfterItOthersRun");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Deadlock.HangsTheTest"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Deadlock.AfterItOthersRun"));
  EXPECT_THAT(outcome.output, HasSubstr("deadlock."));
  EXPECT_THAT(outcome.output, HasSubstr("a then b"));
  EXPECT_THAT(outcome.output, HasSubstr("sample_tests.cc"));
  EXPECT_LT(outcome.seconds, 5);
}

TEST(InProcess, TheReportIsPrintedOnce) {
  const Outcome outcome = RunSample("Deadlock.HangsTheTest");
  EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 1u) << outcome.output;
}

TEST(InProcess, ATestThatLocksTwiceIsUnwound) {
  const Outcome outcome = RunSample("Deadlock.OfTheTestItself:Deadlock.AfterItOthersRun");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Deadlock.OfTheTestItself"));
  EXPECT_THAT(outcome.output, HasSubstr("deadlock.self"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Deadlock.AfterItOthersRun"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("fresh process")));
}

TEST(InProcess, AStackThatOverflowsFailsItsTestAndTheNextOneRuns) {
  const Outcome outcome = RunSample("Misuse.RunsOverItsStack:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("stack overflow: goroutine"));
  EXPECT_THAT(outcome.output, HasSubstr("\"digger\""));
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Misuse.RunsOverItsStack"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
  EXPECT_LT(outcome.seconds, 5);
}

TEST(InProcess, BlockedThreadsAreLeftBehindInAFreshProcess) {
  const Outcome outcome = RunSample("Deadlock.OfPlainThreads:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Deadlock.OfPlainThreads"));
  EXPECT_THAT(outcome.output, HasSubstr("fresh process"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
  EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 1u) << outcome.output;
}

TEST(InProcess, ADestructorOnTheWayMeansAFreshProcess) {
  const Outcome outcome = RunSample("Deadlock.InADestructor:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("fresh process"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
}

TEST(InProcess, ALeakedGoroutineFailsTheTestThatSpawnedIt) {
  const Outcome outcome = RunSample("Leak.*");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("[  FAILED  ] Leak.OfAGoroutine"), HasSubstr("leak.goroutine"),
                    HasSubstr("forgotten sender"), HasSubstr("[       OK ] Leak.TwinReceives"),
                    HasSubstr("[       OK ] Leak.SettlesWithinTheGrace")));
}

TEST(InProcess, CorrectTestsPass) {
  const Outcome outcome = RunSample("Deadlock.Twin*:Leak.Twin*:Leak.Settles*:*OthersRun:Last.Runs");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, Not(HasSubstr("fingerprint")));
}

TEST(InProcess, FatalMisuseIsReportedAndTheRestRunsInAFreshProcess) {
  const Outcome outcome = RunSample("Misuse.*");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("[  FAILED  ] Misuse.UnlockOfUnlockedIsFatal"),
                                    HasSubstr("misuse.unlock-unlocked"),
                                    HasSubstr("[  FAILED  ] Misuse.PanicThatLeavesAGoroutine"),
                                    HasSubstr("misuse.send-closed"),
                                    HasSubstr("[       OK ] Misuse.AfterItOthersRun")));
}

TEST(InProcess, ATestThatDoesNotEndIsEnded) {
  const Outcome outcome = RunSample("Time.DoesNotEnd:Last.Runs", "test_timeout=1s");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Time.DoesNotEnd"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
  EXPECT_LT(outcome.seconds, 10);
}

TEST(InProcess, EarlierFailuresFailTheLastProcess) {
  const Outcome outcome = RunSample("Misuse.UnlockOfUnlockedIsFatal:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("failed before this process began"));
}

}  // namespace
