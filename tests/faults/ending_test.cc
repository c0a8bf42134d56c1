// main returns, or somebody calls exit, while goroutines work on static objects. They went on while
// these were destroyed: crashes, and a closed channel that nobody had closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shell.h"

namespace gordian::faults {
namespace {

using testing::HasSubstr;
using testing::Not;

class EndingTest : public FaultsTest, public testing::WithParamInterface<const char*> {};

TEST_P(EndingTest, Unrecorded) {
  const Outcome run = Shell(std::string("for i in $(seq 20); do $F ") + GetParam() +
                            " >> out; s=$?; [ $s = 3 ] || { echo run $i: $s >&2; exit 9; }; done");
  EXPECT_EQ(run.status, 0) << run.err;
}

// What still runs in the end is suspected of nothing worse than a leak.
TEST_P(EndingTest, UnderRun) {
  const Outcome run = Shell(std::string("for i in 1 2 3; do $G run -- $F ") + GetParam() +
                            " > out; s=$?; [ $s = 3 ] || { echo run $i: $s >&2; exit 9; }; done");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("misuse.")));
}

INSTANTIATE_TEST_SUITE_P(Programs, EndingTest,
                         testing::Values("channels-in-use", "a-map-in-use", "a-vector-in-use",
                                         "exit-is-called", "a-goroutine-calls-exit",
                                         "one-in-a-blocking-call"));

// Where the end waits for goroutines, they go on.
TEST_F(FaultsTest, ADestructorThatWaitsForItsGoroutineIsServed) {
  const Outcome run = Shell("$F a-pool-is-destroyed");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_EQ(run.out, "sum 5050\n");
}

TEST_F(FaultsTest, AlsoWhereItWaitsForItByACondition) {
  const Outcome run = Shell("timeout 20 $F a-standard-pool-is-destroyed");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_EQ(run.out, "served\n");
}

TEST_F(FaultsTest, ALockThatAGoroutineHoldsIsLetGo) {
  const Outcome run = Shell("for i in $(seq 10); do $F a-handler-needs-a-lock; done");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.out, HasSubstr("held often"));
}

}  // namespace
}  // namespace gordian::faults
