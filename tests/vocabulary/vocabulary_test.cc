// What the coordination types do to findings, through the real command: the bug is found and
// named, its twin is left in peace.
#include "tests/vocabulary/case.h"

namespace vocabulary {
namespace {

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

class VocabularyTest : public testing::TestWithParam<Case> {};

TEST_P(VocabularyTest, IsFoundOrLeftInPeace) { ExpectFoundOrLeftInPeace(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Programs, VocabularyTest, testing::ValuesIn(kCases), NameOf);

}  // namespace
}  // namespace vocabulary
