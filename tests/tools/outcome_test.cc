// Which findings fail, and which exit status goes before which (semantics.md, "exit codes").
#include "tools/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gordian::tools {
namespace {

using detector::Finding;
using detector::Outcome;
using detector::ProgramEnd;
using detector::Report;
using detector::TraceReport;
using detector::Verdict;
using ::testing::HasSubstr;

FailPolicy Policy(const std::vector<std::string>& values) {
  absl::StatusOr<FailPolicy> policy = ParseFailOn(values);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *policy : FailPolicy();
}

std::string ParseError(const std::string& value) {
  return std::string(ParseFailOn(std::vector{value}).status().message());
}

Finding Found(std::string rule, Verdict verdict) {
  return {.rule = std::move(rule), .verdict = verdict};
}

TEST(FailPolicy, ByDefaultPredictedAndConfirmedFail) {
  const FailPolicy policy;
  EXPECT_TRUE(policy.Fails(Found("race.data", Verdict::kConfirmed)));
  EXPECT_TRUE(policy.Fails(Found("race.data", Verdict::kPredicted)));
  EXPECT_FALSE(policy.Fails(Found("race.data", Verdict::kSuspected)));
  EXPECT_FALSE(policy.Fails(Found("contention.lock", Verdict::kInfo)));
}

TEST(FailPolicy, AThresholdForAll) {
  EXPECT_FALSE(Policy({"none"}).Fails(Found("race.data", Verdict::kConfirmed)));
  EXPECT_FALSE(Policy({"confirmed"}).Fails(Found("race.data", Verdict::kPredicted)));
  EXPECT_TRUE(Policy({"suspected"}).Fails(Found("race.data", Verdict::kSuspected)));
  EXPECT_FALSE(Policy({"suspected"}).Fails(Found("contention.lock", Verdict::kInfo)));
}

TEST(FailPolicy, ARuleMayHaveItsOwn) {
  const FailPolicy policy =
      Policy({"leak.goroutine=suspected,race.data=none", "contention.lock=info"});
  EXPECT_TRUE(policy.Fails(Found("leak.goroutine", Verdict::kSuspected)));
  EXPECT_FALSE(policy.Fails(Found("race.data", Verdict::kConfirmed)));
  EXPECT_TRUE(policy.Fails(Found("contention.lock", Verdict::kInfo)));
  EXPECT_TRUE(policy.Fails(Found("deadlock.cycle", Verdict::kPredicted)))
      << "the others keep theirs";
  EXPECT_FALSE(policy.Fails(Found("leak.thread", Verdict::kSuspected)));
}

TEST(FailPolicy, NonsenseIsNamed) {
  EXPECT_THAT(ParseError("sometimes"), HasSubstr("\"sometimes\" is no verdict"));
  EXPECT_THAT(ParseError(""), HasSubstr("is no verdict"));
  EXPECT_THAT(ParseError("race.data="), HasSubstr("is no verdict"));
  EXPECT_THAT(ParseError("race.date=confirmed"),
              HasSubstr("no rule \"race.date\"; the nearest is \"race.data\""));
}

struct Case {
  const char* story;
  std::vector<Verdict> findings;
  bool complete;
  std::uint64_t events;
  std::optional<ProgramEnd> program;
  Outcome outcome;
  int status;
};

class Precedence : public ::testing::TestWithParam<Case> {};

TEST_P(Precedence, FindingsThenInconclusiveThenTheProgram) {
  const Case& c = GetParam();
  Report report;
  TraceReport trace;
  trace.facts.complete = c.complete;
  trace.facts.events = c.events;
  for (Verdict verdict : c.findings) trace.findings.push_back(Found("deadlock.cycle", verdict));
  report.traces.push_back(trace);
  report.program = c.program;
  EXPECT_EQ(Conclude(report, FailPolicy(), 1), c.status) << c.story;
  EXPECT_EQ(report.outcome, c.outcome) << c.story;
  EXPECT_EQ(report.exit_status, c.status) << c.story;
}

const ProgramEnd kExit0{.exit_status = 0}, kExit7{.exit_status = 7}, kKilled{.signal = 9};

INSTANTIATE_TEST_SUITE_P(
    Outcome, Precedence,
    ::testing::Values(
        Case{"clean", {}, true, 5, std::nullopt, Outcome::kClean, 0},
        Case{"clean, watched", {}, true, 5, kExit0, Outcome::kClean, 0},
        Case{"the program failed by itself", {}, true, 5, kExit7, Outcome::kClean, 7},
        Case{"the program was killed", {}, true, 5, kKilled, Outcome::kClean, 137},
        Case{"a finding", {Verdict::kConfirmed}, true, 5, kExit0, Outcome::kFindings, 1},
        Case{"a finding beats the program",
             {Verdict::kPredicted},
             true,
             5,
             kExit7,
             Outcome::kFindings,
             1},
        Case{"a finding beats a gap",
             {Verdict::kConfirmed},
             false,
             5,
             kKilled,
             Outcome::kFindings,
             1},
        Case{"too weak a finding", {Verdict::kSuspected}, true, 5, kExit7, Outcome::kClean, 7},
        Case{"a gap beats the program", {}, false, 5, kExit7, Outcome::kInconclusive, 3},
        Case{"too weak a finding and a gap",
             {Verdict::kInfo},
             false,
             5,
             kExit0,
             Outcome::kInconclusive,
             3},
        Case{"nothing was recorded", {}, true, 0, kExit0, Outcome::kInconclusive, 3}));

TEST(Outcome, OneGapAmongManyTracesIsEnough) {
  Report report;
  report.traces.resize(2);
  report.traces[0].facts.events = report.traces[1].facts.events = 5;
  report.traces[1].facts.complete = false;
  EXPECT_EQ(Conclude(report, FailPolicy(), 1), kExitInconclusive);
}

TEST(Outcome, NoTraceAtAllIsInconclusive) {
  Report report;
  report.program = kExit0;
  EXPECT_EQ(Conclude(report, FailPolicy(), 1), kExitInconclusive);
}

TEST(Outcome, TheStatusOfFindingsCanBeChosen) {
  Report report;
  report.traces.resize(1);
  report.traces[0].facts.events = 5;
  report.traces[0].findings.push_back(Found("deadlock.cycle", Verdict::kConfirmed));
  EXPECT_EQ(Conclude(report, FailPolicy(), 42), 42);
  EXPECT_EQ(Conclude(report, Policy({"none"}), 42), 0);
}

}  // namespace
}  // namespace gordian::tools
