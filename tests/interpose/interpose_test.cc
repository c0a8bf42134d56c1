// Programs that were not built with Gordian, through the real `gordian run`: what is found in the
// wrong ones, and that the right ones run as ever and are left in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/interpose/shell.h"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  const char* program;
  const char* finding;  // "rule verdict"; "" for none
  bool hangs = false;   // and is ended
};

// Bug and twin, in the order of the sources.
constexpr Case kCases[] = {
    {"opposite-order", "deadlock.global confirmed", true},
    {"same-order", ""},
    {"opposite-order-one-after-the-other", "deadlock.lock-order predicted"},
    {"opposite-order-joined-between", "deadlock.lock-order suspected"},
    {"opposite-order-behind-a-gate", ""},
    {"opposite-order-in-one-thread", ""},
    {"three-in-a-cycle", "deadlock.lock-order predicted"},
    {"three-in-order", ""},
    {"locked-twice", "deadlock.self confirmed", true},
    {"locked-twice-recursively", ""},
    {"reused-addresses", ""},
    {"upgraded-read-lock", "deadlock.self confirmed", true},
    {"released-before-write-lock", ""},
    {"readers-in-opposite-order", ""},
    {"readers-in-opposite-order-with-writers", ""},
    {"writers-in-opposite-order", "deadlock.global confirmed", true},
    {"recursive-read-writers-first", "deadlock.self confirmed", true},
    {"recursive-read-readers-first", ""},
    {"unlocked-twice", "misuse.unlock-unlocked confirmed"},
    {"unlocked-by-another", "misuse.unlock-not-owner confirmed"},
    {"unlocked-by-its-owner", ""},
    {"destroyed-while-held", "misuse.lock-destroyed confirmed"},
    {"destroyed-when-free", ""},
    {"held-at-thread-exit", "misuse.held-at-exit confirmed"},
    {"error-check-refuses", ""},
    {"opposite-order-one-of-them-timed", ""},
    {"timed-locks-in-opposite-order", ""},

    {"lost-wakeup", "deadlock.global confirmed", true},
    {"waits-in-a-loop", ""},
    {"waits-first", ""},
    {"waits-with-a-timeout", ""},
    {"waits-on-any-lock", ""},
    {"waits-without-the-lock", "misuse.cond-without-lock confirmed"},

    {"never-joined", "leak.thread confirmed"},
    {"joined", ""},
    {"detached", ""},
    {"detached-and-blocked-for-ever", "leak.thread confirmed"},
    {"joins-each-other", "deadlock.global confirmed", true},
    {"tried-and-timed-joins", ""},
    {"cancelled", ""},
    {"exits-from-a-depth", ""},
    {"locks-in-destructors", ""},
    {"asynchronous", ""},
    {"c11", ""},
    {"c11-opposite-order", "deadlock.global confirmed", true},
    {"forks", ""},
    {"child-deadlocks", "deadlock.self confirmed"},
    {"many-threads", ""},

    {"fences-publish", ""},
    {"latch-opens", ""},
    {"barrier-opens", ""},
    {"counting-semaphore", ""},
    {"atomic-waits", ""},
    {"posix-semaphore", ""},
    {"semaphore-nobody-posts", "deadlock.global confirmed", true},
    {"posix-barrier", ""},
    {"barrier-of-too-many", "deadlock.global confirmed", true},
    {"called-once", ""},
    {"once-throws-then-succeeds", ""},
    {"once-within-itself", "misuse.once-recursive confirmed", true},
    {"spin-locks-in-opposite-order", "deadlock.lock-order predicted"},
    {"spin-locks-in-order", ""},

    {"latch-nobody-opens", "deadlock.global confirmed", true},
    {"latch-behind-a-lock", "deadlock.global confirmed", true},
    {"latch-beside-a-lock", ""},
    {"atomic-nobody-changes", "deadlock.global confirmed", true},
    {"atomic-flag-nobody-sets", "deadlock.global confirmed", true},
    {"semaphore-nobody-releases", "deadlock.global confirmed", true},
    {"standard-barrier-of-too-many", "deadlock.global confirmed", true},
    {"semaphore-with-a-timeout", ""},
    {"posted-by-a-handler", ""},
    {"notified-by-a-handler", ""},
    {"worker-left-by-main", "leak.thread suspected"},
    {"worker-left-on-an-atomic", "leak.thread suspected"},

    {"writer-starves", "starvation.lock suspected"},
    {"writer-gets-in", ""},
    {"polite-worker", ""},
    {"gives-way-for-long", "livelock.retry suspected"},
    {"gives-way-a-time", ""},
    {"contended", ""},
    {"polls", ""},

    {"stop-token-ends-the-wait", ""},
    {"stop-token-nobody-looks-at", "deadlock.global confirmed", true},
    {"promise-nobody-keeps", "deadlock.global confirmed", true},
    {"promise-kept-late", ""},
    {"shared-timed-mutexes", ""},
    {"recursive-timed-mutexes", ""},
    {"local-statics", ""},
    {"owner-dies", ""},
    {"named-semaphores", ""},
    {"cancelled-with-its-lock", "misuse.held-at-exit confirmed"},
    {"throws-out-of-locks", ""},
    {"scoped-locks-of-two", ""},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

class InterposeTest : public testing::TestWithParam<Case> {
 protected:
  void Check(const char* binary) {
    const Case& expected = GetParam();
    const Outcome run =
        Shell(folder_.path(), std::string("$G run --timeout=10s --format=json -o r -- ") + binary +
                                  " " + expected.program);
    const std::string report = Contents(folder_.path() / "r");
    if (expected.finding[0] == '\0') {
      EXPECT_THAT(FindingsIn(report), IsEmpty()) << report;
      EXPECT_EQ(run.status, 0) << report;
    } else {
      EXPECT_THAT(FindingsIn(report), ElementsAre(expected.finding)) << report;
      EXPECT_EQ(run.status, HasSuspicionOnly(expected) ? 0 : 1);
    }
    EXPECT_EQ(run.out, expected.hangs ? "" : "done\n");
    EXPECT_THAT(run.err, IsEmpty());
    if (expected.hangs) {
      EXPECT_LT(run.time, std::chrono::milliseconds(2500));
    }
  }

 private:
  static bool HasSuspicionOnly(const Case& expected) {
    return std::string(expected.finding).ends_with("suspected");
  }

  const Folder folder_;
};

TEST_P(InterposeTest, Unoptimised) { Check(PLAIN_O0); }
TEST_P(InterposeTest, Optimised) { Check(PLAIN_O2); }

INSTANTIATE_TEST_SUITE_P(Plain, InterposeTest, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = info.param.program;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// What is shown are the program's lines, not those of the standard library's wrappers.
TEST(InterposeReport, NamesTheProgramsOwnLines) {
  for (const char* binary : {PLAIN_O0, PLAIN_O2}) {
    const Folder folder;
    const Outcome run =
        Shell(folder.path(), std::string("$G run -- ") + binary + " opposite-order");
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.err, HasSubstr("Transfer()"));
    EXPECT_THAT(run.err, HasSubstr("locks.cc:19"));
    EXPECT_THAT(run.err, HasSubstr("locks.cc:25"));
    EXPECT_THAT(run.err, Not(HasSubstr("std_mutex.h")));
    EXPECT_LT(run.time, std::chrono::milliseconds(1500));
  }
}

// By the variable that they lie in, also where the program's files are gone.
TEST(InterposeReport, NamesLocksByTheirVariables) {
  const Folder folder;
  const std::string program = (folder.path() / "program").string();
  const Outcome run =
      Shell(folder.path(), "cp " PLAIN_O2 " " + program + "; $G run --trace t.gtrace -- " +
                               program + " opposite-order; rm " + program);
  EXPECT_THAT(run.err, HasSubstr("holds accounts and waits for audit"));
  const Outcome later = Shell(folder.path(), "$G analyze t.gtrace");
  EXPECT_THAT(later.out, HasSubstr("holds accounts and waits for audit"));
}

TEST(InterposeReport, SaysHowLongALockWasHeld) {
  const Folder folder;
  const Outcome run = Shell(folder.path(), "$G run -- " PLAIN_O2 " holds-for-long");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.err, HasSubstr("contention.long-hold"));
  EXPECT_THAT(run.err, HasSubstr("1.2 s"));
}

}  // namespace
