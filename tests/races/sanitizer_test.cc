// Programs compiled for ThreadSanitizer: its options, its lists of suppressions and its callbacks
// mean here what they can mean, and what they cannot is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/races/shell.h"

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SanitizerTest : public testing::Test {
 protected:
  Outcome Run(const std::string& environment, const std::string& program, const std::string& bug) {
    outcome_ = Shell(folder_.path(), "env " + environment +
                                         " '" GORDIAN
                                         "' run --fail-on=suspected "
                                         "--format=json -o r -- " +
                                         program + " " + bug);
    return outcome_;
  }
  std::vector<std::string> Rules() { return RulesIn(Contents(folder_.path() / "r")); }
  void WriteSuppressions(const std::string& lines) {
    std::ofstream(folder_.path() / "list") << lines;
  }
  // Which bug is told and which is not, with these suppressions.
  void ExpectLeftOut(const std::string& line, const std::string& bug) {
    WriteSuppressions("# on purpose\n\n  " + line + "\n");
    EXPECT_EQ(Run("TSAN_OPTIONS=suppressions=list", SANITIZED, bug).status, 0) << line;
    EXPECT_THAT(Rules(), IsEmpty()) << line;
    const auto json = nlohmann::json::parse(Contents(folder_.path() / "r"));
    EXPECT_EQ(json["suppressed"],
              nlohmann::json::parse(R"([{"line": ")" + line + R"(", "findings": 1}])"));
    EXPECT_THAT(outcome_.err, IsEmpty());
  }
  void ExpectTold(const std::string& line, const std::string& bug, const std::string& rule) {
    WriteSuppressions(line + "\n");
    EXPECT_EQ(Run("TSAN_OPTIONS=suppressions=list", SANITIZED, bug).status, 1) << line;
    EXPECT_THAT(Rules(), ElementsAre(HasSubstr(rule))) << line;
  }

  const Folder folder_;
  Outcome outcome_;
};

TEST_F(SanitizerTest, SuppressedRaces) {
  ExpectLeftOut("race:Deposit", "race");
  ExpectLeftOut("race:^Deposit", "race");
  ExpectLeftOut("race:sanitized.cc", "race");
  ExpectLeftOut("race:programs.h", "race");
  ExpectLeftOut("race:account", "race");
  ExpectLeftOut("race_top:Dep*t", "race");
  ExpectTold("race:Withdraw", "race", "race.data");
  ExpectTold("race:^eposit", "race", "race.data");
  ExpectTold("race_top:programs.h", "race", "race.data");
  ExpectTold("thread:Deposit", "race", "race.data");
}

TEST_F(SanitizerTest, SuppressedDeadlocks) {
  ExpectLeftOut("deadlock:OneWay", "deadlock");
  ExpectTold("race:OneWay", "deadlock", "deadlock.lock-order");
  ExpectTold("deadlock:NoWay", "deadlock", "deadlock.lock-order");
}

TEST_F(SanitizerTest, SuppressedThreads) {
  ExpectLeftOut("thread:LeaveBehind", "thread");
  ExpectTold("thread:TakeAlong", "thread", "leak.thread");
}

TEST_F(SanitizerTest, OptionsThatSwitchFindingsOff) {
  EXPECT_EQ(Run("TSAN_OPTIONS=report_bugs=0", SANITIZED, "race").status, 0);
  EXPECT_EQ(Run("TSAN_OPTIONS=report_bugs=1", SANITIZED, "race").status, 1);
  EXPECT_EQ(Run("TSAN_OPTIONS=detect_deadlocks=0", SANITIZED, "deadlock").status, 0);
  EXPECT_EQ(Run("TSAN_OPTIONS=detect_deadlocks=false", SANITIZED, "race").status, 1);
  EXPECT_EQ(Run("TSAN_OPTIONS=report_thread_leaks=no", SANITIZED, "thread").status, 0);
}

TEST_F(SanitizerTest, OptionsWithoutAMeaningAreRemarkedOnOnce) {
  EXPECT_THAT(
      Run("TSAN_OPTIONS='history_size=7 halt_on_error=1:second_deadlock_stack=1,verbosity=0'",
          SANITIZED, "none")
          .err,
      AllOf(HasSubstr("history_size=7 has no meaning here"), HasSubstr("halt_on_error=1 has"),
            Not(HasSubstr("second_deadlock_stack")), Not(HasSubstr("verbosity"))));
  EXPECT_EQ(std::ranges::count(outcome_.err, '\n'), 2);
  EXPECT_THAT(Run("TSAN_OPTIONS=histroy_size=7", SANITIZED, "none").err,
              HasSubstr("option histroy_size is not known"));
  EXPECT_THAT(Run("TSAN_OPTIONS=suppressions=nowhere", SANITIZED, "race").err,
              HasSubstr("cannot read the suppressions in nowhere"));
  EXPECT_EQ(outcome_.status, 1);
}

TEST_F(SanitizerTest, WhatIsNoSuppressionIsRemarkedOn) {
  WriteSuppressions("Deposit\nsignal:OnSignal\nrace:Deposit\n");
  EXPECT_EQ(Run("TSAN_OPTIONS=suppressions=list", SANITIZED, "race").status, 0);
  EXPECT_THAT(outcome_.err, AllOf(HasSubstr("\"Deposit\" is no suppression"),
                                  HasSubstr("signal handlers call is not checked")));
}

TEST_F(SanitizerTest, WhatTheProgramBrings) {
  EXPECT_EQ(Run("TSAN_OPTIONS=history_size=4", SANITIZED_CALLBACKS, "race").status, 0);
  EXPECT_EQ(outcome_.out, "initialized\ndone\n");
  EXPECT_THAT(outcome_.err, AllOf(HasSubstr("defines __tsan_on_report, which is never called"),
                                  HasSubstr("defines __tsan_on_finalize, which is never called"),
                                  HasSubstr("history_size=4"), HasSubstr("signal:handler")));
  EXPECT_EQ(Run("", SANITIZED_CALLBACKS, "thread").status, 0);
  EXPECT_EQ(Run("TSAN_OPTIONS=report_thread_leaks=1", SANITIZED_CALLBACKS, "thread").status, 1);
}

TEST_F(SanitizerTest, TheTextSaysWhatWasLeftOut) {
  WriteSuppressions("race:Deposit\n");
  const Outcome run = Shell(
      folder_.path(), "TSAN_OPTIONS=suppressions=list '" GORDIAN "' run -- " SANITIZED " race");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.err, HasSubstr("suppression \"race:Deposit\" says: 1 finding."));
}

}  // namespace
