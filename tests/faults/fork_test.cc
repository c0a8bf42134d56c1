// Both sides of a fork go on using the library: nothing hangs, and nothing of the parent's tasks
// shows in the child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shell.h"

namespace gordian::faults {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ForkTest : public FaultsTest, public testing::WithParamInterface<const char*> {};

TEST_P(ForkTest, Unrecorded) {
  const Outcome run = Shell(std::string("$F ") + GetParam());
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST_P(ForkTest, UnderAControlledSchedule) {
  const Outcome run = Shell(std::string("GORDIAN_OPTIONS=schedule=roundrobin $F ") + GetParam());
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST_P(ForkTest, UnderRun) {
  const Outcome run = Shell(std::string("$G run -- $F ") + GetParam());
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("No findings"));
}

TEST_P(ForkTest, Alone) {
  const Outcome run =
      Shell(std::string("GORDIAN_OPTIONS=trace=t%p.gtrace $F ") + GetParam() +
            "; status=$?; for t in *.gtrace; do $G verify $t > said || { cat said; exit 9; }; done;"
            "exit $status");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

INSTANTIATE_TEST_SUITE_P(Programs, ForkTest,
                         testing::Values("main-forks", "forks-before-anything", "goroutine-forks",
                                         "thread-forks", "goroutine-returns-in-child",
                                         "thread-returns-in-child", "grandchildren-work",
                                         "busy-parent-forks", "parents-waiter-takes-nothing",
                                         "parents-waiter-gets-no-lock", "deadlines-hold-in-both",
                                         "callbacks-are-the-parents", "both-poll",
                                         "cancel-ends-no-wait-of-the-parents", "child-is-alone"));

TEST_F(FaultsTest, AChildThatWaitsForItsParentsGoroutinesIsAHang) {
  const Outcome run = Shell("$G run -- $F child-hangs");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("confirmed"));
}

}  // namespace
}  // namespace gordian::faults
