#include "detector/report/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/samples.h"

namespace gordian::detector {
namespace {

using gordian::testing::BankDeadlock;
using gordian::testing::DefineSite;
using gordian::testing::WorkerLeak;
using ::testing::MatchesRegex;
using ::testing::Ne;

std::string Print(const TraceReport& trace) { return Fingerprint(trace.findings[0], trace.sites); }

TEST(Fingerprint, IsEightHexadecimalDigits) {
  EXPECT_THAT(Print(BankDeadlock()), MatchesRegex("[0-9a-f]{8}"));
}

TEST(Fingerprint, SurvivesLineShiftsAndOtherFolders) {
  EXPECT_EQ(Print(BankDeadlock("/src/bank.cc", 18)), Print(BankDeadlock("/src/bank.cc", 118)));
  EXPECT_EQ(Print(BankDeadlock("/src/bank.cc")), Print(BankDeadlock("/home/ci/7/bank.cc")));
}

TEST(Fingerprint, IsTheSameFromDebugInformationAndFromASourceLocation) {
  TraceReport located = BankDeadlock(), resolved = BankDeadlock();
  DefineSite(resolved.sites, 1, "/src/bank.cc", 18, "Transfer(Account&, Account&, long)");
  EXPECT_EQ(Print(located), Print(resolved));
}

TEST(Fingerprint, TellsOtherBugsApart) {
  TraceReport trace = BankDeadlock();
  const std::string bank = Print(trace);
  EXPECT_THAT(Print(BankDeadlock("/src/vault.cc")), Ne(bank));

  TraceReport other_rule = trace;
  other_rule.findings[0].rule = "deadlock.lock-order";
  EXPECT_THAT(Print(other_rule), Ne(bank));

  TraceReport other_lock = trace;
  other_lock.findings[0].identity[1] = "accounts[2].mu";
  EXPECT_THAT(Print(other_lock), Ne(bank));

  DefineSite(trace.sites, 1, "/src/bank.cc", 18, "void Withdraw(Account &)");
  EXPECT_THAT(Print(trace), Ne(bank));
}

TEST(Fingerprint, DoesNotDependOnTheNumbersOfARun) {
  TraceReport first = WorkerLeak(), second = WorkerLeak();
  second.findings[0].identity[0] = "channel 17";
  EXPECT_EQ(Print(first), Print(second));
  second.findings[0].identity[0] = "shard 17";  // the program's own name
  EXPECT_NE(Print(first), Print(second));
}

}  // namespace
}  // namespace gordian::detector
