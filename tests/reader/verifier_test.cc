// What cannot have happened is named, with its stream and word; its twin that can is silent.
#include "detector/reader/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Pieces;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Rules(const Verifier& verifier) {
  std::vector<std::string> rules;
  for (const Violation& violation : verifier.violations()) rules.push_back(violation.rule);
  return rules;
}

// The rules that the text breaks. Task 1 runs on stream 1 from the start; objects: mutex 1, channel
// 2 (capacity 1), waitgroup 3, once 4, rwmutex 5, cond 6, semaphore 7 (one permit), timer 8.
std::vector<std::string> RulesBrokenBy(std::string_view text, bool complete = true) {
  constexpr std::string_view kSettings = R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
object 2 v1 kind=channel detail=1
object 3 v1 kind=waitgroup detail=0
object 4 v1 kind=once detail=0
object 5 v1 kind=rwmutex detail=0
object 6 v1 kind=cond detail=0
object 7 v1 kind=semaphore detail=1
object 8 v1 kind=timer detail=0
spawn #2 kind=0 "worker"
)";
  Reader reader;
  Verifier verifier;
  for (const auto& [stream, words] : Pieces(std::string(kSettings) + std::string(text))) {
    reader.Feed(stream, words);
  }
  const absl::Status status =
      reader.Finish([&](const trace::Event& event) { verifier.Take(event); });
  EXPECT_TRUE(status.ok()) << status;
  verifier.Finish(complete);
  return Rules(verifier);
}

struct Story {
  std::string name;
  std::string broken;  // breaks…
  std::string rule;    // …this rule
  std::string twin;    // breaks none
};

class VerifierStory : public ::testing::TestWithParam<Story> {};

TEST_P(VerifierStory, IsToldFromItsTwin) {
  EXPECT_THAT(RulesBrokenBy(GetParam().broken), ElementsAre(GetParam().rule));
  EXPECT_THAT(RulesBrokenBy(GetParam().twin), IsEmpty());
}

constexpr std::string_view kSelect = "select 2 has_default=0\ncase-send 2\ncase-recv 2\n";

INSTANTIATE_TEST_SUITE_P(
    Locks, VerifierStory,
    ::testing::Values(
        Story{"UnlockOfWhatIsNotHeld", "unlock 1", "unlock-not-held", "lock 1\nunlock 1"},
        Story{"UnlockTwice", "lock 1\nunlock 1\nunlock 1", "unlock-not-held",
              "lock 1\nunlock 1\nlock 1\nunlock 1"},
        Story{"LockWhileHeld", "lock 1\nlock 1", "lock-held", "lock 1\ntrylock-fail 1 v2 count=1"},
        Story{"MisuseExplainsTheUnlock", "misuse 1 v1 what=6\nprogress\nunlock 2 v2", "kind",
              "misuse 1 v1 what=6\nunlock 1"},
        Story{"LockWhileRead", "rlock 5\nlock 5", "lock-held", "rlock 5\nrunlock 5\nlock 5"},
        Story{"ReadWhileLocked", "lock 5\nrlock 5", "rlock-held", "lock 5\nunlock 5\nrlock 5"},
        Story{"RUnlockOnceTooOften", "rlock 5\nrlock 5\nrunlock 5\nrunlock 5\nrunlock 5",
              "runlock-not-held", "rlock 5\nrlock 5\nrunlock 5\nrunlock 5"},
        Story{"ReadLockOfAMutex", "rlock 1", "kind", "rlock 5"},
        Story{"SemaphoreOverdrawn", "sem-acquire 7 n=1\nsem-acquire 7 n=1", "sem-overdrawn",
              "sem-acquire 7 n=1\nsem-release 7 n=1\nsem-acquire 7 n=1"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Objects, VerifierStory,
    ::testing::Values(
        Story{"RecvBeforeSend", "recv 2", "recv-before-send", "send 2\nrecv 2"},
        Story{"SendWithoutRoom", "send 2\nsend 2", "send-full", "send 2\nrecv 2\nsend 2"},
        Story{"SendOnClosed", "close 2\nsend 2", "send-closed", "send 2\nclose 2\nrecv 2"},
        Story{"CloseTwice", "close 2\nclose 2", "close-closed", "close 2\nrecv-closed 2 v2"},
        Story{"RecvClosedWhileOpen", "recv-closed 2 v1", "recv-closed-open",
              "close 2\nrecv-closed 2 v2"},
        Story{"RecvClosedWhileFull", "send 2\nclose 2\nrecv-closed 2 v3", "recv-closed-full",
              "send 2\nclose 2\nrecv 2\nrecv-closed 2 v4"},
        Story{"WaitGroupDoesNotAddUp", "wg-add 3 delta=2 value=3", "wg-sum",
              "wg-add 3 delta=2 value=2\nwg-add 3 delta=-2 value=0"},
        Story{"WaitGroupNegative", "wg-add 3 delta=-1 value=-1", "wg-negative",
              "misuse 3 v1 what=4\nwg-add 3 delta=-1 value=-1"},
        Story{"OnceTwice", "once-begin 4\nonce-end 4\nonce-begin 4", "once-twice",
              "once-begin 4\nonce-end 4\nonce-seen 4 v3"},
        Story{"OnceSeenTooEarly", "once-begin 4\nonce-seen 4 v2", "once-not-done",
              "once-begin 4\nonce-end 4\nonce-seen 4 v3"},
        Story{"TimerNeverSet", "timer-fire 8", "timer-not-set",
              "timer-set 8 delay_ns=1\ntimer-fire 8"},
        Story{"UseAfterItsEnd", "object-end 1\nlock 1", "object-ended",
              "lock 1\nunlock 1\nobject-end 1"},
        Story{"TwoBeginnings", "object 1 kind=mutex detail=0", "object-twice",
              "object 9 v1 kind=mutex detail=0"},
        Story{"OperandOutOfRange", "fence order=6", "operand", "fence order=5"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Tasks, VerifierStory,
    ::testing::Values(
        Story{"EventsAfterTheEnd", "@ 2\nrun #2 run=1 ns=1\nend #2 how=0\nprogress", "task-ended",
              "@ 2\nrun #2 run=1 ns=1\nprogress\nend #2 how=0\ntime ns=4\nstop #2 ns=5"},
        Story{"RunAfterTheEnd", "@ 2\nrun #2 run=1 ns=1\nend #2 how=0\nrun #2 run=2 ns=2",
              "run-ended", "@ 2\nrun #2 run=1 ns=1\nrun #2 run=2 ns=2\nend #2 how=0"},
        Story{"SpawnTwice", "spawn #2 kind=0 \"\"", "spawn-twice", "spawn #3 kind=0 \"\""},
        Story{"JoinOfNobody", "join #9", "unknown-task",
              "join #2\n@ 2\nrun #2 run=1 ns=1\nend #2 how=0"},
        Story{"JoinOfARunningTask", "join #2\n@ 2\nrun #2 run=1 ns=2", "join-running",
              "join #2\n@ 2\nrun #2 run=1 ns=1\nend #2 how=0"},
        Story{"DetachOfNobody", "detach #9", "unknown-task", "detach #2"},
        Story{"EndOfAnother", "end #2 how=0", "not-own", "end #1 how=0"},
        Story{"OutsideOfAnyStretch", "stop #1 ns=2\nprogress", "no-task",
              "stop #1 ns=2\ntime ns=3"},
        Story{"CompletionWithoutRequest", "lock 1 v2 for=#2", "no-request",
              "@ 2\nrun #2 run=1 ns=1\nlock-request 1 v1\n@ 1\nlock 1 v2 for=#2"},
        Story{"WaitEndWithoutWait", "wait-end 1 why=0", "no-wait",
              "lock-request 1 v1 timed\nwait-end 1 why=0"},
        Story{"ActsWhileItWaits", "lock-request 1 v1\nprogress", "acts-while-waiting",
              "lock-request 1 v1\nlock 1\nprogress"},
        Story{"AnotherWaitsEnd", "lock-request 1 v1\nlock 5", "acts-while-waiting",
              "lock-request 1 v1\nlock 1"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Selects, VerifierStory,
    ::testing::Values(
        Story{"Nested",
              "select 2 has_default=0\ncase-send 2\n" + std::string(kSelect) +
                  "send 2 v2 select\nselect-end 0",
              "select-nested", std::string(kSelect) + "send 2 v2 select\nselect-end 0"},
        Story{"CaseWithoutSelect", "case-send 2", "select-case",
              std::string(kSelect) + "send 2 v2 select\nselect-end 0"},
        Story{"EndWithoutSelect", "select-end 0", "select-end",
              "select 0 has_default=1\nselect-end 0"},
        Story{"NoSuchCase", std::string(kSelect) + "send 2 v2 select\nselect-end 2", "select-index",
              "select 1 has_default=1\ncase-send 2\nselect-end 1"},
        Story{"AnotherCase", std::string(kSelect) + "send 2 v2 select\nselect-end 1",
              "select-index", "send 2\n" + std::string(kSelect) + "recv 2 v3 select\nselect-end 1"},
        Story{"PanicsInARecv", "close 2\nselect 1 has_default=0\ncase-recv 2\nselect-end 0",
              "select-index",
              "close 2\nselect 1 has_default=0\ncase-send 2\nselect-end 0\nmisuse 2 v2 what=0"},
        Story{"TakesWhatItHasNot", "select 1 has_default=0\ncase-recv 2\nsend 2 v2 select",
              "select-taken", "send 2\nselect 1 has_default=0\ncase-recv 2\nrecv 2 v3 select"},
        Story{"PollsWithoutADefault",
              "send 2\n" + std::string(kSelect) + "recv 2 v3 select\nselect-end 1\nselect-polls 7",
              "select-polls",
              "select 1 has_default=1\ncase-send 2\nselect-end 1\nselect-polls 7\nselect-polls 7"},
        Story{"BlocksInSpiteOfADefault",
              "select 1 has_default=1\ncase-recv 2\nselect-block 1\nwait-end 0 why=2",
              "select-default",
              "select 1 has_default=0\ncase-recv 2\nselect-block 1\nwait-end 0 why=2"}),
    [](const auto& info) { return info.param.name; });

constexpr std::string_view kRegion = "object 9 v1 kind=memory detail=0\n";

INSTANTIATE_TEST_SUITE_P(
    Memory, VerifierStory,
    ::testing::Values(
        Story{"ReadsNothing", "mem-read 0 address=4096", "no-bytes", "mem-read 8 address=4096"},
        Story{"ARangeOfNothing", "mem-write-range 8 address=4096 stride=8 count=0", "no-bytes",
              "mem-write-range 8 address=4096 stride=8 count=1"},
        Story{"ElementsOverlap", "mem-read-range 8 address=4096 stride=4 count=2", "overlapping",
              "mem-read-range 8 address=4096 stride=16 count=2"},
        Story{"BehindTheLastByte", "mem-write 8 address=18446744073709551612", "address",
              "mem-write 8 address=18446744073709551600"},
        Story{"ARangeThatWraps", "mem-read-range 8 address=4096 stride=4294967296 count=4294967297",
              "address", "mem-read-range 8 address=4096 stride=4294967296 count=3"},
        Story{"ABlockInALock", "heap-alloc 1 v2 address=4096 bytes=8", "kind",
              std::string(kRegion) + "heap-alloc 9 v2 address=4096 bytes=8\n" +
                  "heap-alloc 9 v3 part address=4104 bytes=8\nheap-free 9 address=4096 bytes=16"}),
    [](const auto& info) { return info.param.name; });

TEST(Verifier, AViolationNamesItsPlace) {
  Reader reader;
  Verifier verifier;
  for (const auto& [stream, words] :
       Pieces("@ 7\nrun #1 run=1 ns=1\nobject 1 v1 kind=mutex detail=0\nunlock 1")) {
    reader.Feed(stream, words);
  }
  ASSERT_TRUE(reader.Finish([&](const trace::Event& event) { verifier.Take(event); }).ok());
  ASSERT_EQ(verifier.count(), 1u);
  const Violation& violation = verifier.violations()[0];
  EXPECT_EQ(violation.stream, 7u);
  EXPECT_EQ(violation.offset, 7u);
  EXPECT_THAT(violation.message,
              HasSubstr("stream 7, word 7: `unlock` of object 1 by task 1: nobody holds it"));
}

TEST(Verifier, WhatALossExplainsIsForgiven) {
  EXPECT_THAT(RulesBrokenBy("loss events=3 \"no chunk was free\"\nunlock 1\nwait-end 5 why=0"),
              IsEmpty());
  EXPECT_THAT(RulesBrokenBy("lock 1 v2 for=#2", /*complete=*/false), IsEmpty());
  EXPECT_THAT(RulesBrokenBy("unlock 1 v9", /*complete=*/false), IsEmpty())
      << "versions are missing";
}

TEST(Verifier, KeepsTheFirstHundred) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += "fence order=9\n";
  EXPECT_EQ(RulesBrokenBy(text).size(), 100u);
}

}  // namespace
}  // namespace gordian::detector
