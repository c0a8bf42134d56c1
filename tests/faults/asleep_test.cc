// A program that stands still for ever, alone, says who waits for what, and ends with 66. One that
// somebody can still wake is left in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shell.h"

namespace gordian::faults {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AsleepTest : public FaultsTest {
 protected:
  Outcome Run(const std::string& program) { return Shell("$F " + program); }
};

TEST_F(AsleepTest, SaysWhoWaitsForWhat) {
  const Outcome run = Run("locks-in-both-orders");
  EXPECT_EQ(run.status, 66);
  EXPECT_THAT(run.err, HasSubstr("all tasks are asleep"));
  EXPECT_THAT(run.err, HasSubstr("\"main\": waits to see a WaitGroup done \"done\" at "));
  EXPECT_THAT(run.err, HasSubstr("\"one\": waits to lock a Mutex \"right\" at "));
  EXPECT_THAT(run.err, HasSubstr("\"two\": waits to lock a Mutex \"left\" at "));
  EXPECT_THAT(run.err, HasSubstr("asleep.cc:"));
  EXPECT_THAT(run.err, HasSubstr("LocksInBothOrders()"));
}

TEST_F(AsleepTest, WhereverItWaits) {
  for (const char* program : {"nobody-sends", "a-thread-is-joined", "a-thread-has-ended"}) {
    const Outcome run = Run(program);
    EXPECT_EQ(run.status, 66) << program;
    EXPECT_THAT(run.err, HasSubstr("waits to receive from a channel \"orders\" at ")) << program;
  }
  EXPECT_THAT(Run("a-thread-is-joined").err, HasSubstr("\"main\": waits for a thread to end"));
}

TEST_F(AsleepTest, InAForkedChildToo) {
  EXPECT_EQ(Run("a-child-of-fork").out, "child ended with 66\n");
}

TEST_F(AsleepTest, WhomSomebodyWakesIsLeftInPeace) {
  for (const char* program :
       {"a-handler-sends", "a-thread-sends", "a-timer-rings", "a-standard-mutex-is-held"}) {
    const Outcome run = Run(program);
    EXPECT_EQ(run.status, 0) << program;
    EXPECT_THAT(run.err, IsEmpty()) << program;
  }
}

TEST_F(AsleepTest, WhoIsAskedBySigquitSaysWhatItsTasksDoAndGoesOn) {
  for (const char* before : {"", "$G run -- "}) {
    const Outcome run = Shell(std::string(before) + "$F is-asked");
    EXPECT_EQ(run.status, 0);
    EXPECT_THAT(run.err, HasSubstr("what the tasks of process"));
    EXPECT_THAT(run.err, HasSubstr("\"parked\": waits to receive from a channel \"orders\" at "));
  }
  const Outcome own = Run("is-asked-and-has-a-handler");
  EXPECT_EQ(own.out, "handled\n");
  EXPECT_THAT(own.err, IsEmpty());
}

// There the command judges, with all that was recorded.
TEST_F(AsleepTest, IsSilentUnderRun) {
  const Outcome run = Shell("$G run -- $F locks-in-both-orders");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("deadlock.global"));
  EXPECT_THAT(run.err, Not(HasSubstr("asleep:")));
}

}  // namespace
}  // namespace gordian::faults
