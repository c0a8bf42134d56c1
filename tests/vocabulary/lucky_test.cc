// Deadlocks that a run got past, told from that run alone through the real command; their twins are
// left in peace.
#include <algorithm>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vocabulary/run.h"

namespace vocabulary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Case {
  const char* program;
  const char* finding = "";   // "rule verdict"; "" for none
  const char* mentions = "";  // in the report
};

constexpr Case kCases[] = {
    {"group-under-lock", "deadlock.cycle predicted", "call Done on group"},
    {"group-after-lock"},
    {"join-under-lock", "deadlock.cycle predicted", "waits for the end of"},
    {"join-after-lock"},
    {"send-under-lock", "deadlock.cycle predicted", "waits to send on values"},
    {"send-into-a-buffer-under-lock"},
    {"once-under-lock", "deadlock.cycle predicted", "which has to finish open"},
    {"once-before-lock"},
    {"permit-under-lock", "deadlock.cycle predicted", "waits for a permit of seats"},
    {"one-of-two-permits-under-lock"},
    {"permit-with-a-timeout-under-lock"},
    {"condition-under-outer-lock", "deadlock.cycle predicted", "which has to signal changed"},
    {"condition-whose-signaller-is-free"},
    {"both-orders-in-one-slot"},
    {"both-orders-with-one-permit"},
    {"both-orders-with-two-permits", "deadlock.lock-order predicted", "while it holds a"},
    {"both-orders-in-a-group-of-one"},
    {"both-orders-in-a-group-of-two", "deadlock.lock-order predicted", "while it holds a"},
    {"dinner-with-a-seat-too-few"},
    {"dinner-with-a-seat-for-each", "deadlock.lock-order suspected", "circle"},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

class LuckyTest : public testing::TestWithParam<Case> {};

TEST_P(LuckyTest, IsPredictedOrLeftInPeace) {
  const Case& expected = GetParam();
  const Outcome run = RunRecorded(std::string("'" PROGRAM "' ") + expected.program);
  EXPECT_THAT(run.err, IsEmpty());
  EXPECT_EQ(run.out, "done\n");
  if (expected.finding[0] == '\0') {
    EXPECT_THAT(run.findings, IsEmpty()) << run.report;
    EXPECT_EQ(run.status, 0);
  } else {
    EXPECT_THAT(run.findings, ElementsAre(expected.finding)) << run.report;
    EXPECT_THAT(run.report, HasSubstr(expected.mentions));
    EXPECT_EQ(run.status, std::string_view(expected.finding).ends_with("predicted") ? 1 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, LuckyTest, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = info.param.program;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace vocabulary
