// Bugs in the library's own vocabulary are found, each as one finding, and their twins are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/vocabulary/run.h"

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Pair {
  const char* name;
  const char* finding;  // of the bug
};

class Rules : public testing::TestWithParam<Pair> {};

TEST_P(Rules, TheBugIsFoundAndItsTwinIsNot) {
  const std::string program = std::string(PROGRAM) + " " + GetParam().name;
  const auto bug = vocabulary::RunRecorded(program + " bug");
  EXPECT_THAT(bug.findings, ElementsAre(GetParam().finding)) << bug.report << bug.err;
  const auto twin = vocabulary::RunRecorded(program + " twin");
  EXPECT_THAT(twin.findings, IsEmpty()) << twin.report;
  EXPECT_EQ(twin.status, 0) << twin.err;
}

constexpr Pair kPairs[] = {
    {"waits-under-lock", "deadlock.cycle predicted"},
    {"ticker-left", "leak.timer confirmed"},
    {"each-gives-way", "livelock.retry confirmed"},
    {"close-nil", "misuse.close-nil confirmed"},
    {"signal-lost", "misuse.lost-wakeup confirmed"},
    {"adds-while-waiting", "misuse.waitgroup-reuse confirmed"},
};

std::string NameOf(const testing::TestParamInfo<Pair>& info) {
  std::string name = info.param.name;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Pairs, Rules, testing::ValuesIn(kPairs), NameOf);

}  // namespace
