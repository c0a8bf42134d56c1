// A test that panics or does not end: the report says who, and where.
//
// An escaped Panic used to be told as a leak of the goroutine that it had ended, without its name;
// of a test that did not end nothing was told but that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inprocess/run_tests.h"

namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Outcome RunEndings(const std::string& filter, const std::string& options = "") {
  Outcome outcome = RunTests(ENDING_TESTS, filter + ":Last.Runs", options);
  EXPECT_THAT(outcome.output, HasSubstr("[       OK ] Last.Runs"));
  return outcome;
}

TEST(Endings, APanicNamesItsGoroutineAndBothPlaces) {
  const Outcome outcome = RunEndings("Panic.OfTheProgram");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("gordian: panic: boom\n"),
                    ContainsRegex("thrown at [^ ]*ending_tests.cc:[0-9]+\n"),
                    ContainsRegex("goroutine [0-9]+ \"boomer\", started at "
                                  "[^ ]*ending_tests.cc:[0-9]+\n"),
                    HasSubstr("[  FAILED  ] Panic.OfTheProgram"), Not(HasSubstr("leak."))));
  EXPECT_EQ(CountOf(outcome.output, "gordian: panic"), 1u) << outcome.output;
}

TEST(Endings, APanicOfTheLibraryComesFromTheCall) {
  const Outcome outcome = RunEndings("Panic.OfTheLibrary");
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("gordian: panic: close of closed channel\n"),
                                    ContainsRegex("thrown at [^ ]*ending_tests.cc:[0-9]+\n"),
                                    HasSubstr("misuse.close-closed"), Not(HasSubstr("leak."))));
}

TEST(Endings, AnotherExceptionHasItsType) {
  const Outcome outcome = RunEndings("Panic.IsAnotherException");
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("panic: std::runtime_error: no such file\n"),
                                    HasSubstr("\"thrower\""), Not(HasSubstr("leak."))));
}

TEST(Endings, ARecoveredPanicIsNothing) {
  EXPECT_EQ(RunEndings("Panic.TwinIsRecovered").status, 0);
}

TEST(Endings, AFatalMisuseNamesItsGoroutine) {
  const Outcome outcome = RunEndings("Fatal.UnlockInAGoroutine");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("gordian: fatal: "), HasSubstr("\"careless\""),
                                    HasSubstr("misuse.unlock-unlocked")));
}

TEST(Endings, WhatTheTasksOfATestThatDoesNotEndDo) {
  const Outcome outcome = RunEndings("Time.TasksAreShown", "test_timeout=1s");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("did not end in time (test_timeout=1s)"),
                                    ContainsRegex("holds +ledger"), HasSubstr("sleep"),
                                    HasSubstr("\"clerk\" and 2 more that do the same"),
                                    ContainsRegex("waits +orders .channel receive.")));
}

}  // namespace
