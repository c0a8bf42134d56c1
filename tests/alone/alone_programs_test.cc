// Programs that run alone, with the runtime in them: what is wrong is said on stderr and by the
// status 66, and who is right ends as ever and is silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/interpose/shell.h"

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Case {
  const char* program;
  int status;
  const char* rule = nullptr;  // that is reported
  const char* out = "";        // is written besides
  bool is_race = false;        // seen only where the program was instrumented
};

constexpr Case kCases[] = {
    {"race", 66, "race.data", "done\n", true},
    {"ordered", 0, nullptr, "done\n"},
    {"deadlock", 66, "deadlock."},
    {"one-after-the-other", 0, nullptr, "done\n"},
    {"locks-twice", 66, "deadlock.self"},
    {"races-and-crashes", 139, "race.data", "", true},
    {"crashes", 139},
    {"races-and-exits", 66, "race.data", "", true},
    {"races-and-leaves-at-once", 66, "race.data", "left\n", true},
    {"exits", 7},
    {"races-and-execs", 0, "race.data", "done\n", true},
    {"execs-a-race", 66, "race.data", "done\n", true},
    {"forks-a-race", 0, "race.data", "the child ended with 66\ndone\n", true},
    {"forks-in-order", 0, nullptr, "the child ended with 0\ndone\n"},
    {"main-leaves-first", 0, nullptr, "last\n"},
};

void PrintTo(const Case& expected, std::ostream* out) { *out << expected.program; }

class AloneProgramsTest : public testing::TestWithParam<Case> {
 protected:
  // Through a pipe, so that it is waited for whoever still writes.
  void Check(const std::string& program) {
    const Case& expected = GetParam();
    const Outcome run =
        Shell(folder_.path(), "{ bash -c '" + program + " " + expected.program +
                                  "; exit $?' > said; echo $? > status; } 2>&1 | cat > report");
    const std::string report = Contents(folder_.path() / "report");
    EXPECT_EQ(Contents(folder_.path() / "status"), std::to_string(expected.status) + "\n")
        << report;
    EXPECT_EQ(Contents(folder_.path() / "said"), expected.out);
    if (expected.rule != nullptr) {
      EXPECT_THAT(report, HasSubstr(expected.rule));
    } else {
      EXPECT_THAT(report, Not(HasSubstr("fingerprint")));
    }
    EXPECT_LT(run.time, std::chrono::seconds(8));
  }

  const Folder folder_;
};

TEST_P(AloneProgramsTest, Pass) { Check(ALONE_PASS); }
TEST_P(AloneProgramsTest, ThreadSanitizer) { Check(ALONE_TSAN); }
TEST_P(AloneProgramsTest, PreloadedByHand) {
  if (GetParam().is_race) return;  // accesses are not seen
  Check("LD_PRELOAD=" RUNTIME " " ALONE_PLAIN);
}

INSTANTIATE_TEST_SUITE_P(Programs, AloneProgramsTest, testing::ValuesIn(kCases),
                         [](const auto& info) {
                           std::string name = info.param.program;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class AloneOptions : public testing::Test {
 protected:
  const Folder folder_;
};

TEST_F(AloneOptions, SayWhatFailsAndHow) {
  EXPECT_EQ(Shell(folder_.path(), "GORDIAN_OPTIONS=exitcode=5 " ALONE_PASS " race").status, 5);
  const Outcome told = Shell(folder_.path(), "GORDIAN_OPTIONS=fail_on=none " ALONE_PASS " race");
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.err, HasSubstr("race.data"));
  const Outcome silent = Shell(folder_.path(), "GORDIAN_OPTIONS=report=0 " ALONE_PASS " race");
  EXPECT_EQ(silent.status, 0);
  EXPECT_THAT(silent.err, IsEmpty());
}

TEST_F(AloneOptions, TheTraceIsKeptWhereItIsAskedFor) {
  const Outcome run = Shell(
      folder_.path(), "GORDIAN_OPTIONS=trace=t.gtrace " ALONE_PASS " race; $G analyze t.gtrace");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("race.data"));
}

// A copy of the runtime that lies by itself, and a PATH without the command.
TEST_F(AloneOptions, WithoutTheCommandItIsSaidWhereTheTraceIs) {
  const Outcome run =
      Shell(folder_.path(), "mkdir -p lone; cp " RUNTIME
                            " lone; export PATH=/usr/bin:/bin; TMPDIR=$PWD "
                            "LD_PRELOAD=$PWD/lone/libgordian_preload.so " ALONE_PLAIN
                            " ordered; $G verify gordian.*.gtrace");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("neither beside the runtime nor in PATH"),
                             HasSubstr("the trace will be in " + folder_.path().string())));
}

TEST_F(AloneOptions, NobodyIsLeftBehind) {
  const Outcome run = Shell(folder_.path(), ALONE_PASS
                            " ordered; sleep 0.3; pgrep -P 1 -x gordian -a | "
                            "grep $PWD; " ALONE_PASS " crashes | cat; true");
  EXPECT_EQ(run.out, "done\n");
}

}  // namespace
