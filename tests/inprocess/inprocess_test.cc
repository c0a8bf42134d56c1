// What a test program linked with gordian::gtest_main says of its tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
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

TEST(InProcess, ADeadlockAmongSomeEndsTheTestWhileOthersRun) {
  const Outcome outcome = RunSample("Deadlock.OfSomeTasksOnly:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[  FAILED  ] Deadlock.OfSomeTasksOnly"));
  EXPECT_THAT(outcome.output, HasSubstr("deadlock.cycle"));
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
  EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 1u) << outcome.output;
  EXPECT_LT(outcome.seconds, 10);
}

// What was unwound has to be over in the recording, too.
TEST(InProcess, AfterAFrozenTestTheNextOnesAreJudgedAsWell) {
  for (const char* test : {"Deadlock.HangsTheTest", "Deadlock.OfTheTestItself",
                           "Deadlock.OnARWMutex", "Deadlock.OnANilChannel"}) {
    const Outcome outcome = RunSample(std::string(test) + ":Leak.OfAGoroutine", "leak_grace=20ms");
    EXPECT_THAT(outcome.output,
                AllOf(HasSubstr("leak.goroutine"), HasSubstr("[  FAILED  ] Leak.OfAGoroutine")))
        << test;
    EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 2u) << outcome.output;
  }
}

TEST(InProcess, WhatIsOnlySuspectedIsToldOnceAndFailsNothing) {
  const Outcome outcome = RunSample("Suspected.*");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("deadlock.lock-order · suspected"), HasSubstr("no test fails for it"),
                    HasSubstr("[       OK ] Suspected.OppositeOrders")));
  EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 1u) << outcome.output;
  EXPECT_EQ(RunSample("Suspected.*", "fail_on=suspected").status, 1);
  EXPECT_EQ(CountOf(RunSample("Suspected.*", "fail_on=none").output, "fingerprint"), 1u);
}

TEST(InProcess, ALockThatTheBodyOfATestLeavesHeldIsTold) {
  const Outcome outcome = RunSample("Held.LeftByTheBody:FixtureWithLocks.*");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("misuse.held-at-exit · confirmed · Held.LeftByTheBody "),
                    HasSubstr("The test Held.LeftByTheBody locked registry and ended"),
                    HasSubstr("[  FAILED  ] Held.LeftByTheBody"),
                    HasSubstr("[       OK ] FixtureWithLocks.TwinOne"),
                    HasSubstr("[       OK ] FixtureWithLocks.TwinTwo")));
}

// GoogleTest is not told of the exception that ends the test, and the report stands at its line.
TEST(InProcess, TheReportIsTheOnlyFailureOfADeadlockedTest) {
  const Outcome outcome = RunSample("Deadlock.OfTheTestItself");
  EXPECT_EQ(CountOf(outcome.output, ": Failure"), 1u) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("sample_tests.cc:85: Failure"), Not(HasSubstr("exception thrown"))));
}

// The task that runs the tests is told of in each test of its own, once it was made to go on.
TEST(InProcess, DeadlocksOfTheTestsOwnTaskAreToldEachTime) {
  const Outcome outcome =
      RunSample("Deadlock.OfTheTestItself:Deadlock.OnARWMutex:Deadlock.OnANilChannel");
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("deadlock.self · confirmed · Deadlock.OfTheTestItself "),
                    HasSubstr("deadlock.self · confirmed · Deadlock.OnARWMutex "),
                    HasSubstr("misuse.nil-block · confirmed · Deadlock.OnANilChannel ")));
  EXPECT_EQ(CountOf(outcome.output, "fingerprint"), 3u) << outcome.output;
}

// One document for all processes, with the sums of all.
TEST(InProcess, ResultFilesKnowTheTestsOfEveryProcess) {
  for (const std::string format : {"xml", "json"}) {
    const std::string path = ::testing::TempDir() + "gordian-results." + format;
    const Outcome outcome = RunSample(
        "Deadlock.AfterItOthersRun:Deadlock.OfPlainThreads:Misuse.*:Last.Runs' --gtest_output='" +
            format + ":" + path,
        "leak_grace=20ms");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.output, HasSubstr("7 tests ran in all these processes, 4 of them failed"));
    std::ifstream in(path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const char* name : {"AfterItOthersRun", "OfPlainThreads", "UnlockOfUnlockedIsFatal",
                             "PanicThatLeavesAGoroutine", "Runs"}) {
      EXPECT_THAT(text, HasSubstr(std::string("\"") + name + "\"")) << format;
    }
    EXPECT_THAT(text, HasSubstr(format == "xml" ? "tests=\"7\" failures=\"4\"" : "\"tests\": 7"));
    EXPECT_THAT(text, AllOf(HasSubstr("deadlock."), Not(HasSubstr("NonTestSuiteFailure"))));
    std::remove(path.c_str());
  }
}

TEST(InProcess, EveryRoundIsRun) {
  const Outcome outcome = RunSample("Deadlock.OfPlainThreads:Last.Runs' --gtest_repeat='3");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(CountOf(outcome.output, "[  FAILED  ] Deadlock.OfPlainThreads\n"), 3u)
      << outcome.output;
  EXPECT_EQ(CountOf(outcome.output, "[       OK ] Last.Runs"), 3u) << outcome.output;
}

TEST(InProcess, AShardStaysTheSame) {
  std::size_t runs = 0;
  for (const char* shard : {"0", "1"}) {
    setenv("GTEST_TOTAL_SHARDS", "2", 1);
    setenv("GTEST_SHARD_INDEX", shard, 1);
    const Outcome outcome = RunSample("Misuse.*:Last.Runs");
    runs += CountOf(outcome.output, "[ RUN      ]");
    unsetenv("GTEST_TOTAL_SHARDS");
    unsetenv("GTEST_SHARD_INDEX");
  }
  EXPECT_EQ(runs, 5u) << "each test once";
}

TEST(InProcess, FailFastLeavesTheRestOut) {
  const Outcome outcome = RunSample("Deadlock.OfPlainThreads:Last.Runs' --gtest_fail_fast'");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, Not(HasSubstr("OK ] Last.Runs")));
}

TEST(InProcess, ALeakOnPurposeIsAllowed) {
  const Outcome allowed =
      RunSample("Leak.OnPurpose", "leak_grace=20ms:allow=\"keepalive*,nobody\"");
  EXPECT_EQ(allowed.status, 0) << allowed.output;
  EXPECT_THAT(allowed.output,
              AllOf(HasSubstr("allow=nobody matched no leak"), Not(HasSubstr("allow=keepalive*"))));
  const Outcome other = RunSample("Leak.OfAGoroutine", "leak_grace=20ms:allow=keepalive*");
  EXPECT_EQ(other.status, 1) << other.output;
}

TEST(InProcess, WhatFailsIsAnOption) {
  EXPECT_EQ(RunSample("Leak.OfAGoroutine", "fail_on=leak.goroutine=none").status, 0);
  EXPECT_EQ(RunSample("Leak.OfAGoroutine", "fail_on=none,leak.goroutine=confirmed").status, 1);
  EXPECT_THAT(RunSample("Last.Runs", "fail_on=sometimes").output,
              HasSubstr("\"sometimes\" is no verdict"));
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

TEST(InProcess, TheLastTestFailsTheRunToo) {
  const Outcome outcome = RunSample("Misuse.UnlockOfUnlockedIsFatal");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
}

TEST(InProcess, EarlierFailuresFailTheLastProcess) {
  const Outcome outcome = RunSample("Misuse.UnlockOfUnlockedIsFatal:Last.Runs");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("failed before this process began"));
}

}  // namespace
