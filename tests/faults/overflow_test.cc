// A goroutine's stack runs over: who says so, and what the program dies of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "shell.h"

namespace gordian::faults {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kFault = 128 + SIGSEGV;

TEST_F(FaultsTest, AnOverflowNamesTheGoroutineAndTheProgramDiesOfIt) {
  for (const char* program : {"overflows", "overflows-on-its-own-thread"}) {
    const Outcome run = Shell(std::string("$F ") + program);
    EXPECT_EQ(run.status, kFault) << program;
    EXPECT_THAT(run.err, AllOf(HasSubstr("stack overflow: goroutine"), HasSubstr("\"digger\""),
                               HasSubstr("faulty.cc:"), HasSubstr("stack_size=1M")))
        << program;
  }
}

TEST_F(FaultsTest, AnOverflowUnderRunIsTheProgramsOwnEnd) {
  const Outcome run = Shell("$G run --trace t.gtrace -- $F overflows");
  EXPECT_EQ(run.status, kFault) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("stack overflow: goroutine"), HasSubstr("\"digger\"")));
  EXPECT_THAT(Shell("$G verify t.gtrace").out, HasSubstr("lawful as far as it goes"));
}

TEST_F(FaultsTest, AnOverflowUnderAControlledScheduleIsToldToo) {
  const Outcome run = Shell("GORDIAN_OPTIONS=schedule=roundrobin $F overflows");
  EXPECT_EQ(run.status, kFault);
  EXPECT_THAT(run.err, HasSubstr("\"digger\""));
}

TEST_F(FaultsTest, TheOptionGivesRoom) {
  EXPECT_EQ(Shell("$F digs-deep").status, 0);
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=stack_size=64K $F digs-deep").status, kFault);
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=stack_size=8M $F digs-deep").status, 0);
}

TEST_F(FaultsTest, AnyOtherFaultIsTheProgramsOwnBusiness) {
  const Outcome plain = Shell("$F uses-null");
  EXPECT_EQ(plain.status, kFault);
  EXPECT_THAT(plain.err, Not(HasSubstr("overflow")));
  const Outcome handled = Shell("$F uses-null-with-handler");
  EXPECT_EQ(handled.status, 77);
  EXPECT_THAT(handled.err, HasSubstr("own handler"));
  EXPECT_EQ(Shell("$F ignores-a-sent-fault").status, 6);
  EXPECT_EQ(Shell("$F dies-of-a-sent-fault").status, kFault);
}

}  // namespace
}  // namespace gordian::faults
