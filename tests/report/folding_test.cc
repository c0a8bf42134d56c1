// One bug, one finding: what a variable points to is raced on together with it. Two variables are
// two bugs, whoever touches them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/report/report.h"

namespace gordian::detector {
namespace {

using ::testing::SizeIs;

constexpr trace::SiteId kWriter = 1, kReader = 2, kOther = 3;

SiteTable Sites() {
  SiteTable sites;
  const auto add = [&](trace::SiteId site, std::string_view text) {
    sites.Take({.type = trace::EventType::kSite, .subject = site, .args = {site}, .text = text});
  };
  add(kWriter, "a.cc\nWriter()");
  add(kReader, "a.cc\nReader()");
  add(kOther, "a.cc\nOther()");
  return sites;
}

Finding Race(std::string variable, trace::SiteId first, trace::SiteId second) {
  Finding finding{.rule = "race.data"};
  finding.identity = {std::move(variable)};
  finding.identity_sites = {first, second};
  return finding;
}

Report ReportOf(std::vector<Finding> findings) {
  Report report;
  report.traces.push_back({.findings = std::move(findings), .sites = Sites()});
  return report;
}

TEST(Folding, WhatAVariablePointsToBelongsToIt) {
  const Report report = ReportOf({Race("heap", kWriter, kReader), Race("head", kReader, kWriter),
                                  Race("heap", kReader, kWriter)});
  const std::vector<Entry> entries = Entries(report);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].finding->identity.front(), "head") << "the one with a name";
  EXPECT_THAT(entries[0].folded, SizeIs(2));
  EXPECT_EQ(entries[0].count, 3u);
}

TEST(Folding, OtherFunctionsAreAnotherBug) {
  EXPECT_THAT(Entries(ReportOf({Race("head", kReader, kWriter), Race("heap", kOther, kWriter)})),
              SizeIs(2));
}

TEST(Folding, OtherVariablesAreAnotherBug) {
  EXPECT_THAT(Entries(ReportOf({Race("head", kReader, kWriter), Race("tail", kReader, kWriter)})),
              SizeIs(2));
}

TEST(Folding, OneVariableInTwoTracesIsOneBug) {
  Report report = ReportOf({Race("head", kReader, kWriter), Race("heap", kReader, kWriter)});
  report.traces.push_back(report.traces.front());
  const std::vector<Entry> entries = Entries(report);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_THAT(entries[0].traces, SizeIs(2));
  EXPECT_THAT(entries[0].folded, SizeIs(1)) << "those of the first trace";
}

}  // namespace
}  // namespace gordian::detector
