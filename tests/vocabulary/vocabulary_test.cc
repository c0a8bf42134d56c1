// What the coordination types do to findings, through the real command: the bug is found and
// named, its twin is left in peace.
#include <algorithm>
#include <string>

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
  bool hangs = false;         // and is ended
};

constexpr Case kCases[] = {
    {"semaphores-in-opposite-order", "deadlock.global confirmed", "disk", true},
    {"semaphores-in-one-order"},
    {"semaphore-never-released", "leak.goroutine confirmed", "slots"},
    {"semaphore-released"},
    {"semaphore-asked-for-too-much", "deadlock.global confirmed", "slots", true},
    {"semaphore-asked-for-all"},
    {"semaphore-wait-is-cancelled"},
    {"semaphore-wait-times-out"},
    {"semaphore-serves-large-requests"},
    {"semaphore-of-two-guards-nothing", "race.data confirmed", "count"},
    {"semaphore-of-one-guards"},
    {"err-group-full-of-itself", "deadlock.global confirmed", "tree", true},
    {"err-group-tries-and-else-goes-itself"},
    {"err-group-part-deaf-to-the-context", "deadlock.global confirmed", "values", true},
    {"err-group-part-looks-at-the-context"},
    {"single-flight-within-itself", "deadlock.global confirmed", "flight", true},
    {"single-flight-of-another-key"},
    {"sync-map-stored-too-early", "race.data confirmed", "value"},
    {"sync-map-publishes"},
    {"sync-map-asks-for-another-key", "race.data confirmed", "value"},
    {"sync-map-asks-for-the-same-key"},
    {"sync-map-delete-publishes"},
    {"rate-limiter-orders-nothing", "race.data confirmed", "value"},
    {"rate-limiter-with-a-lock"},
    {"without-cancel-is-never-done", "leak.goroutine confirmed", "never"},
    {"cancelled-with-the-request"},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

class VocabularyTest : public testing::TestWithParam<Case> {};

TEST_P(VocabularyTest, IsFoundOrLeftInPeace) {
  const Case& expected = GetParam();
  const Outcome run = RunRecorded(std::string("'" PROGRAM "' ") + expected.program);
  EXPECT_THAT(run.err, IsEmpty());
  EXPECT_EQ(run.out, expected.hangs ? "" : "done\n");
  if (expected.finding[0] == '\0') {
    EXPECT_THAT(run.findings, IsEmpty()) << run.report;
    EXPECT_EQ(run.status, 0);
  } else {
    EXPECT_THAT(run.findings, ElementsAre(expected.finding)) << run.report;
    EXPECT_THAT(run.report, HasSubstr(expected.mentions));
    EXPECT_EQ(run.status, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, VocabularyTest, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = info.param.program;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace vocabulary
