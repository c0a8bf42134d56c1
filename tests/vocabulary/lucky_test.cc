// Deadlocks that a run got past, told from that run alone through the real command; their twins are
// left in peace.
#include "tests/vocabulary/case.h"

namespace vocabulary {
namespace {

constexpr Case kCases[] = {
    {"group-under-lock", "deadlock.cycle predicted", "call Done on group"},
    {"group-after-lock"},
    {"join-under-lock", "deadlock.cycle predicted", "waits for the end of"},
    {"join-after-lock"},
    {"join-of-one-that-has-noted-its-end", "deadlock.cycle suspected", "What may forbid it"},
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

class LuckyTest : public testing::TestWithParam<Case> {};

TEST_P(LuckyTest, IsPredictedOrLeftInPeace) { ExpectFoundOrLeftInPeace(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Programs, LuckyTest, testing::ValuesIn(kCases), NameOf);

}  // namespace
}  // namespace vocabulary
