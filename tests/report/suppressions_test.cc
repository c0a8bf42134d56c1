// What a program's suppressions leave out; the kinds through the real command are in
// tests/races/sanitizer_test.cc.
#include "detector/report/suppressions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gordian::detector {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr trace::SiteId kUser = 1, kLibrary = 2;

SiteTable Sites() {
  SiteTable sites;
  sites.Take({.type = trace::EventType::kSite,
              .subject = kUser,
              .args = {41},
              .text = "/src/bank.cc\nbank::Deposit(int)"});
  sites.Take({.type = trace::EventType::kSite,
              .subject = kLibrary,
              .args = {7},
              .text = "/lib/pool.cc\nPool::Run()"});
  return sites;
}

std::vector<Finding> Left(Suppressions& suppressions, Finding finding) {
  std::vector<Finding> findings = {std::move(finding)};
  suppressions.Remove(findings, Sites());
  return findings;
}

bool LeavesOut(const std::string& line, const Finding& finding) {
  Suppressions suppressions(std::vector<std::string>{line});
  return Left(suppressions, finding).empty();
}

Finding Race() {
  return {.rule = "race.data",
          .tasks = {{.spawned_at = kLibrary, .at = kUser}, {.at = kLibrary}},
          .objects = {{.name = "bank::total"}}};
}

TEST(Suppressions, TemplatesAreFoundAnywhereUnlessTheyAreHeld) {
  EXPECT_TRUE(LeavesOut("race:Deposit", Race()));
  EXPECT_TRUE(LeavesOut("race:^bank::Dep", Race()));
  EXPECT_TRUE(LeavesOut("race:bank.cc$", Race()));
  EXPECT_TRUE(LeavesOut("race:b*k.cc", Race()));
  EXPECT_TRUE(LeavesOut("race:bank::total", Race()));
  EXPECT_FALSE(LeavesOut("race:^Deposit", Race()));
  EXPECT_FALSE(LeavesOut("race:bank$", Race()));
  EXPECT_FALSE(LeavesOut("race:", Race()));
  EXPECT_FALSE(LeavesOut("race", Race()));
  EXPECT_FALSE(LeavesOut("thread:Deposit", Race()));
}

TEST(Suppressions, RulesByTheirWholeName) {
  EXPECT_TRUE(LeavesOut("rule:race.*", Race()));
  EXPECT_FALSE(LeavesOut("rule:race", Race()));
  EXPECT_TRUE(LeavesOut("rule:*", Race()));
}

TEST(Suppressions, ADeadlockThatHappenedIsTold) {
  Finding finding{
      .rule = "deadlock.lock-order", .verdict = Verdict::kPredicted, .tasks = {{.at = kUser}}};
  EXPECT_TRUE(LeavesOut("deadlock:Deposit", finding));
  finding = {.rule = "deadlock.cycle", .verdict = Verdict::kConfirmed, .tasks = {{.at = kUser}}};
  EXPECT_FALSE(LeavesOut("deadlock:Deposit", finding));
}

TEST(Suppressions, CountsWhatEachLineLeftOut) {
  Suppressions suppressions(
      std::vector<std::string>{"race:Withdraw", "race:Deposit", "race:Deposit"});
  EXPECT_THAT(Left(suppressions, Race()), IsEmpty());
  ASSERT_THAT(suppressions.lines(), SizeIs(2));
  EXPECT_EQ(suppressions.lines()[0].findings, 0u);
  EXPECT_EQ(suppressions.lines()[1].findings, 1u);
}

}  // namespace
}  // namespace gordian::detector
