// A small program with one bug, or its twin without it, and what the real command says.
#ifndef GORDIAN_TESTS_VOCABULARY_CASE_H_
#define GORDIAN_TESTS_VOCABULARY_CASE_H_

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vocabulary/run.h"

namespace vocabulary {

struct Case {
  const char* program;
  const char* finding = "";   // "rule verdict"; "" for none
  const char* mentions = "";  // in the report
  bool hangs = false;         // and is ended
};

inline void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

inline std::string NameOf(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.program;
  std::ranges::replace(name, '-', '_');
  return name;
}

// The finding that is expected, and no other; the exit status that goes with it.
inline void ExpectFoundOrLeftInPeace(const Case& expected) {
  const Outcome run = RunRecorded(std::string("'" PROGRAM "' ") + expected.program);
  EXPECT_THAT(run.err, testing::IsEmpty());
  EXPECT_EQ(run.out, expected.hangs ? "" : "done\n");
  const std::string_view finding = expected.finding;
  if (finding.empty()) {
    EXPECT_THAT(run.findings, testing::IsEmpty()) << run.report;
  } else {
    EXPECT_THAT(run.findings, testing::ElementsAre(finding)) << run.report;
    EXPECT_THAT(run.report, testing::HasSubstr(expected.mentions));
  }
  EXPECT_EQ(run.status, finding.empty() || finding.ends_with("suspected") ? 0 : 1);
}

}  // namespace vocabulary

#endif  // GORDIAN_TESTS_VOCABULARY_CASE_H_
