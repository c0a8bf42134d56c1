// `gordian run` from outside: what it prints, where, and how it exits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  int status = 0;
  std::string out, err;
  milliseconds time{};
};

class RunTest : public testing::Test {
 protected:
  RunTest() { std::filesystem::create_directories(folder_); }
  ~RunTest() override { std::filesystem::remove_all(folder_); }

  // Runs a shell command; $G is `gordian`, $S the program with the small cases.
  Outcome Shell(const std::string& command) {
    const std::string script = "G='" GORDIAN "'; S='" SUBJECT "'; cd '" + folder_.string() +
                               "'; { " + command + "; } > out 2> err < /dev/null";
    const auto start = steady_clock::now();
    const int status = std::system(script.c_str());
    Outcome outcome;
    outcome.time = duration_cast<milliseconds>(steady_clock::now() - start);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    outcome.out = Contents(folder_ / "out");
    outcome.err = Contents(folder_ / "err");
    return outcome;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("run-" + std::to_string(getpid()));
};

TEST_F(RunTest, ACleanProgramIsOneLine) {
  const Outcome run = Shell("$G run -- $S prints");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "to stdout\n");
  EXPECT_TRUE(run.err.starts_with("to stderr\nNo findings")) << run.err;
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 2) << run.err;
}

TEST_F(RunTest, TheProgramsOwnStatusPassesThrough) {
  EXPECT_EQ(Shell("$G run $S exit 7").status, 7);
  EXPECT_EQ(Shell("$G run $S _exit 8").status, 8);
  EXPECT_EQ(Shell("$G run $S signal 11").status, 128 + SIGSEGV);
  EXPECT_EQ(Shell("$G run $S signal 9").status, 128 + SIGKILL);
  const Outcome run = Shell("$G run $S ends-with-threads");
  EXPECT_EQ(run.status, 5) << run.err;
}

TEST_F(RunTest, AHangIsReportedAndEndedWithinASecondOrSo) {
  for (const char* program : {"deadlock", "lock-cycle", "closes-everything"}) {
    const Outcome run = Shell(std::string("$G run -- $S ") + program);
    EXPECT_EQ(run.status, 1) << program << run.err;
    EXPECT_THAT(run.err, HasSubstr("deadlock.global · confirmed"));
    EXPECT_LT(run.time, milliseconds(1500)) << program;
  }
}

// What stops everything need not be called deadlock.global.
// What is judged at a program's end must not need more events than fit a buffer.
TEST_F(RunTest, AShortRunThatEndedIsJudgedAsEnded) {
  const Outcome run = Shell("$G run --trace t.gtrace -- $S never-cancels");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("leak.context · confirmed"));
  const Outcome later = Shell("$G analyze t.gtrace");
  EXPECT_EQ(later.status, 1);
  EXPECT_THAT(later.out, AllOf(HasSubstr("leak.context · confirmed"),
                               testing::Not(HasSubstr("Not all is known"))));
}

TEST_F(RunTest, AHangIsEndedWhateverItIsCalled) {
  for (const auto& [program, rule] : {std::pair("locks-twice", "deadlock.self · confirmed"),
                                      std::pair("once-within-itself", "misuse.once-recursive"),
                                      std::pair("sends-on-nil", "misuse.nil-block")}) {
    const Outcome run = Shell(std::string("$G run -- $S ") + program);
    EXPECT_EQ(run.status, 1) << program << run.err;
    EXPECT_THAT(run.err, HasSubstr(rule)) << program;
    EXPECT_LT(run.time, milliseconds(1500)) << program;
  }
}

TEST_F(RunTest, AThreadThatHasDoneItsLastThingIsGivenTimeToEnd) {
  for (int i = 0; i < 5; ++i) {
    const Outcome run = Shell("$G run --fail-on=suspected -- $S detached-sender");
    EXPECT_EQ(run.status, 0) << run.err;
  }
}

TEST_F(RunTest, WhoSpinsOnWhatNobodyGivesIsNamedAtTheTimeLimit) {
  const Outcome run = Shell("$G run --timeout 1500ms -- $S spins-on-a-flag");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("livelock.spin · suspected"), HasSubstr("SpinsOnAFlag"),
                             HasSubstr("ended the program at its time limit")));
  EXPECT_EQ(Shell("$G run --fail-on=suspected -- $S spins-on-a-flag 1").status, 0);
}

TEST_F(RunTest, LocksOfTheStandardAreSeenBesideTheLibrarys) {
  const Outcome run = Shell("$G run -- $S mixed-locks");
  EXPECT_EQ(run.status, GORDIAN_PRELOADS != 0 ? 1 : 0) << run.err;
  if (GORDIAN_PRELOADS != 0) {
    EXPECT_THAT(run.err, AllOf(HasSubstr("deadlock.lock-order · predicted"),
                               HasSubstr("\"forth\" locks MixedLocks(char const*)::theirs while "
                                         "it holds ours")));
  }
  EXPECT_EQ(Shell("$G run -- $S mixed-locks 1").status, 0);
}

TEST_F(RunTest, WhatATaskWorksForIsTold) {
  const Outcome run = Shell("$G run -- $S labelled-leak");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("\"server\" request=42 step=2 user=ann, started at"));
  const nlohmann::json json =
      nlohmann::json::parse(Shell("$G run --format=json -- $S labelled-leak").err);
  EXPECT_EQ(json["findings"][0]["tasks"][0]["labels"],
            (nlohmann::json{{"request", "42"}, {"step", "2"}, {"user", "ann"}}));
}

TEST_F(RunTest, TwoWhoUndoEachOthersWorkWithSemaphoresAreNamed) {
  const Outcome run = Shell("$G run --fail-on=suspected -- $S permit-corridor");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("livelock.retry · suspected"), HasSubstr("\"ann\""),
                             HasSubstr("\"bob\"")));
  EXPECT_EQ(Shell("$G run --fail-on=suspected -- $S permit-corridor 1").status, 0);
}

TEST_F(RunTest, AGoroutineThatCouldRunAndIsNotRunIsNamed) {
  const Outcome run = Shell("$G run -- $S starves");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("starvation.scheduler · confirmed"),
                             HasSubstr("\"starved\" could run"), HasSubstr("\"hog\"")));
  EXPECT_EQ(Shell("$G run --fail-on=suspected -- $S starves 1").status, 0);
}

TEST_F(RunTest, AHangThatIgnoresSigtermIsKilled) {
  const Outcome run = Shell("$G run -- $S stubborn-deadlock");
  EXPECT_EQ(run.status, 1);
  EXPECT_LT(run.time, milliseconds(3500));
}

TEST_F(RunTest, OnHangReportLeavesTheProgram) {
  const Outcome run = Shell(
      "$G run --on-hang=report -- sh -c 'echo $$ > pid; exec \"$0\" deadlock' $S; status=$?; "
      "kill -0 $(cat pid) && echo alive; kill -9 $(cat pid); exit $status");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_EQ(run.out, "alive\n");
  EXPECT_THAT(run.err, AllOf(HasSubstr("deadlock.global"), HasSubstr("left as it is")));
}

TEST_F(RunTest, WhatOnlyWaitsForAWhileIsNoHang) {
  EXPECT_EQ(Shell("$G run -- $S waits-for-a-timer").status, 0);
  EXPECT_EQ(Shell("$G run -- $S waits-for-work").status, 0);
  EXPECT_EQ(Shell("(sleep 0.9; echo) | $G run -- $S waits-for-input").status, 0);
}

TEST_F(RunTest, ATimeLimitEndsTheProgramAndIsInconclusive) {
  const Outcome run = Shell("$G run --timeout 300ms -- $S never-ends");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("time limit"));
  EXPECT_LT(run.time, milliseconds(2500));
}

TEST_F(RunTest, ADeadlockAmongSomeIsReportedWhenTheTimeIsUp) {
  const Outcome run = Shell("$G run --timeout 500ms -- $S partial-deadlock");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("deadlock.cycle · confirmed"), HasSubstr("lefty"),
                             HasSubstr("righty")));
}

// It is told while the program runs, and is one finding of the report in the end.
TEST_F(RunTest, ADeadlockAmongSomeIsToldAtOnce) {
  const Outcome run = Shell(
      "$G run -- $S partial-deadlock 2> told & pid=$!; "
      "for i in $(seq 100); do grep -q 'runs on' told && break; sleep 0.1; done; "
      "sleep 0.3; cat told; kill -0 $pid && kill -TERM $pid; wait $pid");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("the program runs on, but"),
                             HasSubstr("deadlock.cycle · confirmed"), HasSubstr("lefty")));
  const std::string report = Contents(folder_ / "told").substr(run.out.size());
  EXPECT_THAT(report, AllOf(HasSubstr("deadlock.cycle · confirmed"), HasSubstr("1 finding (")));
}

TEST_F(RunTest, AJsonDocumentStaysWhole) {
  const Outcome run = Shell("$G run --format=json --timeout 1500ms -- $S partial-deadlock");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(run.err.starts_with("{")) << run.err;
  const Outcome file =
      Shell("$G run --format=json -o r.json --timeout 1500ms -- $S partial-deadlock");
  EXPECT_THAT(file.err, HasSubstr("the program runs on, but"));
  EXPECT_TRUE(Contents(folder_ / "r.json").starts_with("{"));
}

TEST_F(RunTest, WhoWaitsLongForALockIsNotToldOf) {
  const Outcome run = Shell("$G run -- $S waits-on-locks");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, testing::Not(HasSubstr("runs on")));
}

// What a correct program does at its end.
TEST_F(RunTest, WhatEndsWithTheProgramIsNoMisuse) {
  const Outcome run = Shell("$G run -- $S static-locks");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("No findings"));
}

// The same trace has the same findings, each once, whether it was watched or is read.
TEST_F(RunTest, ANilBlockIsOneFindingThenAndLater) {
  const Outcome run = Shell("$G run --trace t.gtrace -- $S sends-on-nil");
  EXPECT_THAT(run.err, AllOf(HasSubstr("1 finding ("), testing::Not(HasSubstr("Seen"))));
  const Outcome later = Shell("$G analyze t.gtrace");
  EXPECT_THAT(later.out, AllOf(HasSubstr("misuse.nil-block"), HasSubstr("1 finding ("),
                               testing::Not(HasSubstr("Seen"))));
}

TEST_F(RunTest, LeaksOnPurposeAndThresholdsAreOptions) {
  const Outcome allowed = Shell("$G run --allow 'subject.cc*' --allow nobody -- $S forgets 2");
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_THAT(allowed.err, AllOf(HasSubstr("as \"subject.cc*\" allows: 2 tasks"),
                                 HasSubstr("\"nobody\" would allow: the pattern matched nothing")));
  EXPECT_EQ(Shell("GORDIAN_OPTIONS='allow=subject.cc*' $G run -- $S forgets 2").status, 0);
  EXPECT_EQ(Shell("GORDIAN_OPTIONS='fail_on=none' $G run -- $S forgets 2").status, 0);
  EXPECT_EQ(
      Shell("GORDIAN_OPTIONS='fail_on=none' $G run --fail-on confirmed -- $S forgets 2").status, 1);
  const Outcome wrong = Shell("$G run --spin-count never -- $S exit 0");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--spin-count"));
}

TEST_F(RunTest, ATimeLimitEndsAllThatTheProgramStarted) {
  const Outcome run = Shell(
      "$G run --timeout 300ms -- sh -c '$0 never-ends & echo $! > pid; sleep 1000' $S; "
      "kill -0 $(cat pid) && echo alive");
  EXPECT_THAT(run.out, IsEmpty());
  EXPECT_LT(run.time, milliseconds(3500));
}

TEST_F(RunTest, AProgramThatCannotRunIsAUsageError) {
  const Outcome missing = Shell("$G run -- ./no-such-program");
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("cannot run ./no-such-program: there is no such program"));
  const Outcome folder = Shell("$G run -- /tmp");
  EXPECT_EQ(folder.status, 2);
  EXPECT_THAT(folder.err, HasSubstr("cannot run /tmp: it is not executable"));
  EXPECT_EQ(Shell("$G run").status, 2);
}

TEST_F(RunTest, WrongOptionsNameTheNearest) {
  const Outcome option = Shell("$G run --timout 3 -- $S clean");
  EXPECT_EQ(option.status, 2);
  EXPECT_THAT(option.err, HasSubstr("the nearest is --timeout"));
  EXPECT_EQ(Shell("$G run --timeout 3parsecs -- $S clean").status, 2);
  const Outcome variable = Shell("GORDIAN_OPTIONS=leek_grace=1s $G run -- $S clean");
  EXPECT_EQ(variable.status, 2);
  EXPECT_EQ(variable.err,
            "gordian: GORDIAN_OPTIONS: unknown option \"leek_grace\"; the nearest is "
            "\"leak_grace\"\n");
}

TEST_F(RunTest, TheProgramsArgumentsAreItsOwn) {
  const Outcome run = Shell("$G run --timeout=20s sh -c 'echo \"$@\"' x --timeout -- -o; exit $?");
  EXPECT_EQ(run.out, "--timeout -- -o\n");
}

TEST_F(RunTest, AProgramThatNeverAttachedIsInconclusive) {
  if (!STATIC_PROGRAM_IS_STATIC) GTEST_SKIP() << "sanitizers cannot be linked statically";
  const Outcome run = Shell("$G run -- " STATIC_PROGRAM);
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, AllOf(HasSubstr("the recorder never attached"), HasSubstr("statically")));
  if (!GORDIAN_PRELOADS) return;
  const Outcome cleared = Shell("$G run -- env -i true");
  EXPECT_EQ(cleared.status, 0) << "env itself was recorded" << cleared.err;
}

TEST_F(RunTest, FindingsGoBeforeTheProgramsStatus) {
  EXPECT_EQ(Shell("$G run -- $S forgets 3").status, 1);
  EXPECT_EQ(Shell("$G run --exit-code=42 -- $S forgets 3").status, 42);
  EXPECT_EQ(Shell("$G run --fail-on=none -- $S forgets 3").status, 0);
  EXPECT_EQ(Shell("$G run --fail-on=leak.goroutine=none -- $S forgets 3").status, 0);
}

TEST_F(RunTest, ManyForgottenGoroutinesAreOneFinding) {
  const Outcome run = Shell("$G run -- $S forgets 2000");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("leak.goroutine"), HasSubstr("2000"), HasSubstr("1 finding")));
}

TEST_F(RunTest, ChildrenShareOneVerdict) {
  const Outcome run = Shell("$G run -- sh -c '$0 clean; $0 bad-child; exit 0' $S");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("deadlock.global"));
  EXPECT_EQ(Shell("$G run -- sh -c '$0 clean; $0 clean; exit 4' $S").status, 4);
}

TEST_F(RunTest, ADaemonIsWaitedForAndJudged) {
  const Outcome run = Shell("$G run -- $S daemon");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("leak.goroutine"));
}

TEST_F(RunTest, ADaemonThatStaysIsLeftAndInconclusive) {
  const Outcome run = Shell("$G run --linger 300ms -- $S daemon-for-ever");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("still runs"));
}

TEST_F(RunTest, TracesAreKeptOnRequest) {
  const Outcome run = Shell("$G run --trace t.gtrace -- sh -c '$0 clean; $0 forgets 2' $S");
  EXPECT_EQ(run.status, 1);
  int traces = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() == ".gtrace") ++traces;
  }
  EXPECT_EQ(traces, GORDIAN_PRELOADS ? 3 : 2) << "its two children's, and the shell's own";
  EXPECT_TRUE(std::filesystem::exists(folder_ / "t.gtrace"));
}

TEST_F(RunTest, NothingIsLeftInTheTemporaryFolder) {
  std::filesystem::create_directory(folder_ / "tmp");
  EXPECT_EQ(Shell("TMPDIR=$PWD/tmp $G run -- $S clean").status, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp"));
}

TEST_F(RunTest, AnUnwritableTraceIsInconclusive) {
  const Outcome run = Shell("$G run --trace /nonexistent/t.gtrace -- $S exit 0");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("cannot be kept in /nonexistent/t.gtrace: No such file"));
}

TEST_F(RunTest, AProgramWhoseTraceIsUnwritableIsJudgedAllTheSame) {
  const Outcome run = Shell("timeout 30 $G run --trace /nonexistent/t.gtrace -- $S deadlock");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("deadlock.global"));
}

// The limit leaves no room for a recording; a signal would kill whoever passes it.
TEST_F(RunTest, AFileSizeLimitIsInconclusiveAndTheProgramGoesOn) {
  const Outcome run = Shell("(ulimit -f 4; exec $G run --trace t.gtrace -- $S prints)");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.out, HasSubstr("to stdout"));
}

// Little room for the recording is enough for a small one; none at all is said.
TEST_F(RunTest, ALimitedAddressSpaceIsSharedWithTheProgram) {
  for (const char* limit : {"200000", "400000", "3000000"}) {
    const Outcome run =
        Shell(std::string("$G run -- sh -c 'ulimit -v ") + limit + "; exec $0 forgets 3' $S");
    EXPECT_EQ(run.status, 1) << limit << run.err;
    EXPECT_THAT(run.err, HasSubstr("leak.goroutine"));
  }
  // Of eight, where nothing is inherited but the three.
  const Outcome files =
      Shell("exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n 8; exec $G run -- $S exit 0");
  EXPECT_EQ(files.status, 3) << files.err;
  EXPECT_THAT(files.err, HasSubstr("there was no room to record it"));
}

// A disk of 64 KiB, where there is the right to mount one.
TEST_F(RunTest, AFullDiskIsInconclusiveAndTheProgramGoesOn) {
  const Outcome mounted =
      Shell("mkdir disk && unshare -m true && mount -t tmpfs -o size=64k none disk");
  if (mounted.status != 0) GTEST_SKIP() << "needs root";
  const Outcome run =
      Shell("$G run --trace disk/t.gtrace -- $S chatters; s=$?; umount disk; exit $s");
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_EQ(run.out, "done\n");
  EXPECT_THAT(run.err, HasSubstr("No space left"));
}

TEST_F(RunTest, TheReportGoesWhereItIsSent) {
  const Outcome text = Shell("$G run -o report.txt -- $S forgets 2");
  EXPECT_EQ(text.status, 1);
  EXPECT_THAT(text.err, IsEmpty());
  EXPECT_THAT(Contents(folder_ / "report.txt"), HasSubstr("leak.goroutine"));
  const Outcome json = Shell("$G run --format=json -- $S exit 6");
  EXPECT_EQ(json.status, 6);
  EXPECT_THAT(json.err, AllOf(HasSubstr("\"schema\": 1"), HasSubstr("\"outcome\": \"clean\"")));
}

TEST_F(RunTest, ASignalReachesTheProgramAndTheReportStillComes) {
  const Outcome run =
      Shell("$G run -- $S never-ends & pid=$!; sleep 0.5; kill -TERM $pid; wait $pid");
  EXPECT_EQ(run.status, 128 + SIGTERM) << run.err;
  EXPECT_THAT(run.err, HasSubstr("No findings"));
}

}  // namespace
