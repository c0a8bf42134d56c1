// Programs built with gordian-c++, or for ThreadSanitizer and linked with our runtime, through the
// real `gordian run`: races are found with both sides, and what is ordered is left in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/races/shell.h"

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  const char* program;
  bool races = false;
};

constexpr Case kCases[] = {
    {"counter", true},
    {"counter-under-a-lock"},
    {"counter-of-threads-in-turn"},
    {"written-around-the-start", true},
    {"written-before-the-start"},
    {"heap", true},
    {"heap-of-each-thread"},
    {"reused-blocks"},
    {"reused-stacks"},
    {"used-after-free", true},
    {"freed-after-the-join"},
    {"escaping-local", true},
    {"escaping-local-after-the-join"},
    {"bit-fields-of-one-byte", true},
    {"neighbouring-bytes"},
    {"destroyed-while-called", true},
    {"destroyed-after-calls"},
    {"overlapping-parts", true},
    {"separate-parts"},
    {"even-and-odd"},
    {"backwards"},
    {"copied-while-written", true},
    {"thread-locals"},

    {"relaxed-flag", true},
    {"released-flag"},
    {"fenced-flag"},
    {"overwritten-by-itself", true},
    {"overwritten-by-another", true},
    {"counted-on-by-another"},
    {"volatile-flag", true},
    {"counted-down-relaxed", true},
    {"counted-down-acquire-release"},
    {"exchanged-by-compare"},
    {"checked-twice-plain", true},
    {"checked-twice-atomic"},
    {"function-local-static"},
    {"call-once"},
    {"async-result"},
    {"latch"},
    {"barrier"},
    {"semaphore"},
    {"condition-variable"},
    {"writes-under-a-read-lock", true},
    {"writes-under-a-write-lock"},
    {"two-locks", true},
    {"atomic-and-plain", true},
    {"shared-pointers"},

    {"string-read-while-written", true},
    {"string-read-twice"},
    {"read-into-what-is-read", true},
    {"sorted-while-read", true},
    {"one-after-the-other", true},
    {"written-in-a-reused-block", true},
    {"pipe"},
    {"pipe-too-early", true},
    {"closed-pipe"},
    {"socket-pair"},
    {"event-counter"},

    {"fibers-in-turn"},
    {"fibers-in-turn-without-order", true},
    {"fibers-of-two-threads", true},
    {"fibers-with-variables-of-their-own"},
    {"fiber-that-moves"},

    {"annotated-lock"},
    {"two-annotated-locks", true},
    {"inside-of-another-lock", true},
    {"writes-under-an-annotated-read-lock", true},
    {"writes-under-an-annotated-write-lock"},
    {"told-order"},
    {"told-too-late", true},
    {"acquired-and-released"},
    {"meant-to-race"},
    {"beside-what-is-meant-to-race", true},
    {"meant-to-race-until-freed", true},
    {"ignored-writes"},
    {"after-ignored-writes", true},
    {"ignored-order", true},
    {"external-object-read-and-written", true},
    {"external-object-read-twice"},
};

// Of goroutines and plain threads, with the library.
constexpr Case kLibraryCases[] = {
    {"plain-counter", true},
    {"counter-under-a-mutex"},
    {"counter-around-a-switch", true},
    {"own-variable-around-switches"},
    {"writes-under-a-read-lock", true},
    {"reads-under-a-read-lock"},
    {"used-after-it-was-sent", true},
    {"sent-through-a-channel"},
    {"written-after-the-signal", true},
    {"written-before-the-signal"},
    {"once-not-asked", true},
    {"once-seen"},
    {"containers"},
    {"reused-stacks"},
    {"standard-mutex-across-tasks"},
    {"standard-condition-variable"},
    {"relaxed-flag", true},
    {"released-flag"},
    {"thread-and-goroutine", true},
    {"thread-then-goroutine"},
    {"captures"},
    {"cancelled-context"},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

class RacesTest : public testing::TestWithParam<Case> {
 protected:
  void Check(const char* binary) {
    const Case& expected = GetParam();
    const Outcome run = Shell(
        folder_.path(), std::string("'" GORDIAN "' run --timeout=60s --format=json -o r -- ") +
                            binary + " " + expected.program);
    const std::string report = Contents(folder_.path() / "r");
    if (expected.races) {
      EXPECT_THAT(RulesIn(report), ElementsAre("race.data confirmed")) << report;
      EXPECT_EQ(run.status, 1);
    } else {
      EXPECT_THAT(RulesIn(report), IsEmpty()) << report;
      EXPECT_EQ(run.status, 0) << report;
    }
    EXPECT_EQ(run.out, "done\n");
    EXPECT_THAT(run.err, IsEmpty());
  }

 private:
  const Folder folder_;
};

TEST_P(RacesTest, Unoptimised) { Check(RACES_O0); }
TEST_P(RacesTest, Optimised) { Check(RACES_O2); }
TEST_P(RacesTest, BuiltForThreadSanitizer) { Check(RACES_TSAN); }
TEST_P(RacesTest, BuiltForThreadSanitizerByGcc) { Check(RACES_GCC); }

class LibraryRacesTest : public RacesTest {};

TEST_P(LibraryRacesTest, RecordedByTheLibrary) { Check(RACES_LIBRARY); }

TEST(RaceReport, ShowsBothSidesAndWhereTheyWereStarted) {
  for (const char* binary : {RACES_O0, RACES_O2}) {
    const Folder folder;
    const Outcome run =
        Shell(folder.path(), std::string("'" GORDIAN "' run -- ") + binary + " counter");
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.err,
                AllOf(HasSubstr("race.data"), HasSubstr("Deposit()"), HasSubstr("memory.cc:25"),
                      HasSubstr("programs.h"), HasSubstr("writes  account ")));
  }
}

TEST(RaceReport, SaysOnWhoseStackAVariableLies) {
  for (const char* binary : {RACES_O0, RACES_O2, RACES_TSAN, RACES_GCC}) {
    const Folder folder;
    const Outcome run =
        Shell(folder.path(), std::string("'" GORDIAN "' run -- ") + binary + " escaping-local");
    EXPECT_THAT(run.err, HasSubstr("a variable on the stack of main"));
  }
}

// What blocks inside of a lock is nobody's concern: that its holder waits for another is.
TEST(AnnotatedLocks, InACircleAreADeadlock) {
  for (const char* binary : {RACES_O2, RACES_TSAN}) {
    const Folder folder;
    const Outcome run =
        Shell(folder.path(), std::string("'" GORDIAN "' run --timeout=60s --format=json -o r -- ") +
                                 binary + " annotated-locks-crosswise");
    EXPECT_THAT(RulesIn(Contents(folder.path() / "r")), ElementsAre("deadlock.global confirmed"));
    EXPECT_THAT(Contents(folder.path() / "r"), HasSubstr("AnnotatedLocksCrosswise()::first"));
    EXPECT_EQ(run.status, 1);
  }
}

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.program;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Programs, RacesTest, testing::ValuesIn(kCases), NameOf);
INSTANTIATE_TEST_SUITE_P(Programs, LibraryRacesTest, testing::ValuesIn(kLibraryCases), NameOf);

}  // namespace
