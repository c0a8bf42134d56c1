// Whatever becomes of a program: its outcome is what it is without Gordian, what was recorded
// can be read and has happened, and what is wrong is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/interpose/shell.h"

namespace {

using testing::Contains;
using testing::ElementsAreArray;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// The first process's. Where it depends on what was interrupted or on what was left of the memory,
// and the recording may end early, that is said: the verdict may be "inconclusive".
enum class Trace { kWhole, kCut, kEither };

struct Case {
  const char* program;
  Trace trace = Trace::kWhole;
  std::vector<std::string> findings = {};  // "rule verdict"
  bool hangs = false;                      // by itself, for ever
};

const std::vector<std::string> kLeft = {"leak.thread suspected", "leak.thread suspected"};

const Case kCases[] = {
    {"crashes", Trace::kCut},
    {"crashes-with-a-lock", Trace::kCut},
    {"aborts", Trace::kCut},
    {"terminates", Trace::kCut},
    {"leaves-at-once", Trace::kWhole, kLeft},
    {"quick-exits"},
    {"is-killed", Trace::kCut},
    {"is-ended-by-a-signal", Trace::kCut},
    {"exits-in-a-thread"},
    {"exits-amid-others", Trace::kWhole, kLeft},
    {"runs-out-of-stack", Trace::kCut},
    {"handles-its-overflow", Trace::kEither},
    {"recovers-from-a-fault"},
    {"jumps-out-of-a-lock"},
    {"jumps-out-of-a-lock-for-good", Trace::kWhole, {"misuse.held-at-exit confirmed"}},
    {"locks-at-exit"},
    {"locks-in-opposite-order-at-exit", Trace::kWhole, {"deadlock.lock-order predicted"}},
    {"detached-threads-end-meanwhile"},
    {"destroys-what-is-waited-for", Trace::kCut, {"deadlock.global confirmed"}, true},
    {"destroys-what-has-been-signalled"},
    {"main-ends-first-and-the-rest-is-blocked", Trace::kCut, {"deadlock.global confirmed"}, true},
    {"main-ends-first"},

    {"runs-out-of-memory"},
    {"runs-on-without-memory", Trace::kEither},
    {"fills-its-file"},
    {"signals-in-the-middle"},
    {"waits-for-its-handler"},
    {"jumps-out-of-a-wait"},
    {"handles-on-a-small-stack"},
    {"small-stacks"},
    {"closes-everything"},
    {"closes-everything-and-deadlocks", Trace::kCut, {"deadlock.self confirmed"}, true},

    {"execs", Trace::kCut},
    {"execs-in-a-thread", Trace::kCut},
    {"execs-a-deadlock", Trace::kCut, {"deadlock.self confirmed"}, true},
    {"exec-fails"},
    {"vforks"},
    {"spawns"},
    {"child-uses-threads"},
    {"thread-forks"},
    {"child-needs-its-parents-lock", Trace::kWhole, {"deadlock.global confirmed"}, true},
    {"changes-its-environment"},
    {"library-comes-and-goes"},
    {"library-locks-in-opposite-orders", Trace::kWhole, {"deadlock.lock-order predicted"}},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class EndsTest : public testing::TestWithParam<Case> {
 protected:
  void Check(const std::string& binary) {
    const Case& expected = GetParam();
    const std::string command = binary + " " + expected.program;
    const Outcome run = Shell(
        folder_.path(), "$G run --timeout=20s --trace=t.gtrace --format=json -o r -- " + command);
    const std::string report = Contents(folder_.path() / "r");
    EXPECT_THAT(FindingsIn(report), ElementsAreArray(expected.findings)) << report;
    if (expected.hangs) {
      EXPECT_EQ(run.status, 1);
      EXPECT_LT(run.time, std::chrono::milliseconds(5000));
    } else {
      const Outcome alone = Shell(folder_.path(), "bash -c '" + command + "; exit $?'");
      if (expected.trace != Trace::kEither || run.status != 3) {
        EXPECT_EQ(run.status, Fails(expected) ? 1 : alone.status) << report;
      }
      EXPECT_EQ(run.out, alone.out);
    }
    const Outcome first = Shell(folder_.path(), "$G verify t.gtrace");
    if (expected.trace != Trace::kEither) {
      EXPECT_EQ(first.status, expected.trace == Trace::kWhole ? 0 : 3) << first.out;
    }
    const Outcome all = Shell(folder_.path(), "$G verify *.gtrace");
    EXPECT_THAT(Lines(all.out), Not(Contains(EndsWith("not lawful"))));
    EXPECT_NE(all.status, 2) << all.out << all.err;
  }

 private:
  static bool Fails(const Case& expected) {
    return std::ranges::any_of(expected.findings, [](const std::string& finding) {
      return !finding.ends_with("suspected");
    });
  }

  const Folder folder_;
};

TEST_P(EndsTest, Unoptimised) { Check(PLAIN_O0); }
TEST_P(EndsTest, Optimised) { Check(PLAIN_O2); }

INSTANTIATE_TEST_SUITE_P(Plain, EndsTest, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = info.param.program;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// A library that was opened while the program ran, and is closed again.
TEST(EndsReport, NamesTheLinesOfALibraryThatIsGone) {
  const Folder folder;
  const Outcome run =
      Shell(folder.path(), "$G run -- " PLAIN_O2 " library-locks-in-opposite-orders");
  EXPECT_THAT(run.err, HasSubstr("plugin.cc:"));
}

TEST(EndsReport, SaysWhatTheProgramDiedOf) {
  const Folder folder;
  EXPECT_THAT(Shell(folder.path(), "$G run -- " PLAIN_O2 " crashes").err,
              HasSubstr("The program was ended by signal 11"));
  EXPECT_THAT(Shell(folder.path(), "$G run -- " PLAIN_O2 " leaves-at-once").err,
              HasSubstr("The program exited with status 7"));
}

}  // namespace
