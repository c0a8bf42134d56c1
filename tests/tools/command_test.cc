// The command as people run it: words, files, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace gordian::tools {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

const std::string kTraces = GORDIAN_TEST_TRACES;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Ran {
  int status = -1;
  std::string out, err;
};

class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string File(const std::string& name) const { return (folder_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(File(name), std::ios::binary) << text;
    return File(name);
  }

  // Runs `gordian` with these words, as a shell splits them; `environment` as `NAME=value …`.
  Ran Gordian(const std::string& words, const std::string& environment = "") const {
    const std::string command = "env -u NO_COLOR " + environment +
                                " timeout 60 " GORDIAN_COMMAND " " + words + " >" + File("out") +
                                " 2>" + File("err");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), Contents(File("out")),
            Contents(File("err"))};
  }

  fs::path folder_;
};

// --- Words ---------------------------------------------------------------------

TEST_F(CommandTest, WithoutWordsItSaysWhatThereIs) {
  const Ran ran = Gordian("");
  EXPECT_EQ(ran.status, 2);
  for (const char* name : {"run", "analyze", "dump", "verify", "stats", "explain", "doctor"}) {
    EXPECT_THAT(ran.err, HasSubstr(std::string("  ") + name));
  }
}

TEST_F(CommandTest, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(Gordian("--help").status, 0);
  EXPECT_EQ(Gordian("analyze --help").status, 0);
  EXPECT_THAT(Gordian("analyze --help").out, HasSubstr("--fail-on"));
  EXPECT_THAT(Gordian("--version").out, ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(CommandTest, UnknownWordsNameTheNearestOne) {
  const Ran option = Gordian("analyze --fail-in=none x.gtrace");
  EXPECT_EQ(option.status, 2);
  EXPECT_EQ(option.err,
            "gordian: analyze: unknown option --fail-in=none; the nearest is --fail-on\n");
  const Ran command = Gordian("analize x.gtrace");
  EXPECT_EQ(command.status, 2);
  EXPECT_EQ(command.err, "gordian: unknown subcommand analize; the nearest is analyze\n");
  const Ran rule = Gordian("explain deadlock.cylce");
  EXPECT_EQ(rule.status, 2);
  EXPECT_THAT(rule.err, HasSubstr("the nearest is \"deadlock.cycle\""));
}

TEST_F(CommandTest, ImpossibleValuesAreUsageErrors) {
  for (const char* words :
       {"analyze --format=xml x", "analyze --color=blue x", "analyze", "analyze --exit-code=1000 x",
        "analyze --exit-code=no x", "analyze --fail-on=often x",
        "analyze --fail-on=nope=confirmed x", "dump --from=morse x"}) {
    const Ran ran = Gordian(words);
    EXPECT_EQ(ran.status, 2) << words;
    EXPECT_THAT(ran.err, StartsWith("gordian: ")) << words;
    EXPECT_THAT(ran.out, IsEmpty()) << words;
  }
}

// --- explain -------------------------------------------------------------------

TEST_F(CommandTest, ExplainListsEveryRuleAndPrintsEachPage) {
  const Ran list = Gordian("explain");
  EXPECT_EQ(list.status, 0);
  std::istringstream lines(list.out);
  int rules = 0;
  for (std::string line; std::getline(lines, line); ++rules) {
    const std::string rule = line.substr(0, line.find(' '));
    const Ran page = Gordian("explain " + rule);
    EXPECT_EQ(page.status, 0) << rule;
    EXPECT_THAT(page.out, AllOf(StartsWith("# " + rule + "\n"), HasSubstr("```cpp"),
                                HasSubstr("## Not reported")));
  }
  EXPECT_EQ(rules, 35);
}

TEST_F(CommandTest, AFamilyOfRulesIsListed) {
  const Ran ran = Gordian("explain deadlock");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("deadlock.cycle"), HasSubstr("deadlock.self"),
                             Not(HasSubstr("leak."))));
  EXPECT_EQ(Gordian("explain dead").status, 2);
}

// --- Pipes -----------------------------------------------------------------------

// Whether a trace comes through a file, the standard input or a pipe makes no difference.
TEST_F(CommandTest, ATraceMayComeThroughAPipe) {
  const std::string text = kTraces + "/deadlock.txt";
  const std::string expected = Gordian("analyze " + text).out.substr(0, 200);
  EXPECT_THAT(expected, HasSubstr("deadlock"));
  for (const std::string& words :
       {"analyze - <" + text, "analyze --from=text - <" + text, "analyze /dev/stdin <" + text}) {
    const Ran ran = Gordian(words);
    EXPECT_EQ(ran.status, 1) << words << ran.err;
    EXPECT_EQ(ran.out.substr(0, 200), expected) << words;
  }
  const std::string piped = "sh -c 'cat " + text + " | " GORDIAN_COMMAND " analyze -'";
  const std::string command = piped + " >" + File("out");
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_EQ(Contents(File("out")).substr(0, 200), expected);
}

TEST_F(CommandTest, AStdTraceMayHaveBlankLinesAndComments) {
  const std::string file = Write("t.std",
                                 "\n# written by hand\nT0|fork(T1)|1\n\n# and so on\n"
                                 "T1|w(V)|2\nT0|w(V)|3\n");
  const Ran ran = Gordian("analyze " + file);
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("race.data"));
}

// It knows no ends: where it stops with a lock held, the program went on.
TEST_F(CommandTest, AnStdTraceThatSimplyStopsLeaksNobody) {
  const std::string file = Write("t.std", "T0|fork(T1)|1\nT0|fork(T2)|2\nT1|acq(L)|3\n");
  const Ran ran = Gordian("analyze --fail-on=suspected " + file);
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.out, Not(HasSubstr("leak")));
}

// --- analyze -------------------------------------------------------------------

TEST_F(CommandTest, ADeadlockIsToldAndFails) {
  const Ran ran = Gordian("analyze " + kTraces + "/deadlock.txt");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_THAT(
      ran.out,
      AllOf(StartsWith("deadlock.global · confirmed · bank "),
            HasSubstr("    alice→bob ──waits──▶ accounts[1].mu ──held by──▶ bob→alice\n"),
            HasSubstr("Goroutine 2 \"alice→bob\", started at main.cc:41\n"),
            HasSubstr("  holds  accounts[0].mu     since Transfer()  bank.cc:18\n"),
            HasSubstr("  waits  accounts[1].mu     at    Transfer()  bank.cc:19   (for 1.0 s)\n"),
            EndsWith("1 finding (1 confirmed) · 26 events, 3 tasks\n")));
}

TEST_F(CommandTest, ACleanTraceIsOneLine) {
  const Ran ran = Gordian("analyze " + kTraces + "/clean.txt");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, "No findings · 15 events, 2 tasks\n");
}

TEST_F(CommandTest, WhichFindingsFailIsTheUsersChoice) {
  const std::string trace = " " + kTraces + "/deadlock.txt";
  EXPECT_EQ(Gordian("analyze --exit-code=42" + trace).status, 42);
  // The trace was cut, so that nothing that fails is inconclusive, not clean.
  EXPECT_EQ(Gordian("analyze --fail-on=none" + trace).status, 3);
  EXPECT_EQ(Gordian("analyze --fail-on=deadlock.global=none" + trace).status, 3);
  EXPECT_EQ(Gordian("analyze --fail-on=none --fail-on=deadlock.global=confirmed" + trace).status,
            1);
}

TEST_F(CommandTest, JsonIsOneDocumentWithTheVerdict) {
  const Ran ran = Gordian("analyze --format=json " + kTraces + "/deadlock.txt");
  EXPECT_EQ(ran.status, 1);
  const json report = json::parse(ran.out, nullptr, false);
  ASSERT_FALSE(report.is_discarded()) << ran.out;
  EXPECT_EQ(report["schema"], 1);
  EXPECT_EQ(report["outcome"], "findings");
  EXPECT_EQ(report["trace"]["complete"], false);
  EXPECT_EQ(report["trace"]["tasks"], 3);
  const json& finding = report["findings"][0];
  EXPECT_EQ(finding["rule"], "deadlock.global");
  EXPECT_EQ(finding["tasks"][0]["stack"][0],
            (json{{"function", "Transfer"}, {"file", "/src/bank.cc"}, {"line", 19}}));
}

TEST_F(CommandTest, SeveralTracesHaveOneVerdict) {
  const std::string both = kTraces + "/clean.txt " + kTraces + "/deadlock.txt";
  const Ran ran = Gordian("analyze " + both);
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, EndsWith("41 events, 5 tasks, 2 traces\n"));
  // One that cannot be read is an error, and the others are still told.
  const Ran missing = Gordian("analyze " + both + " " + File("none.gtrace"));
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.gtrace"));
  EXPECT_THAT(missing.out, HasSubstr("deadlock.global"));
  const Ran in_json = Gordian("analyze --format=json " + both + " " + File("none.gtrace"));
  EXPECT_EQ(json::parse(in_json.out, nullptr, false)["exit_status"], 2);
}

TEST_F(CommandTest, ARaceOnTheHeapSaysWhoseBlockItIs) {
  const Ran ran = Gordian("analyze " + kTraces + "/heap_race.txt");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("race.data"), HasSubstr("bytes 8 to 11 of a heap block of 16"),
                    HasSubstr("allocated by main"), HasSubstr("stats.cc:11"),
                    HasSubstr("The heap block was allocated in main()  stats.cc:20")));
  std::string text = Contents(kTraces + "/heap_race.txt");
  text.replace(text.rfind("4104"), 4, "4108");  // the word beside it
  EXPECT_EQ(Gordian("analyze " + Write("twin.txt", text)).status, 0);
}

TEST_F(CommandTest, ATraceThatWasCutIsInconclusive) {
  std::string text = Contents(kTraces + "/clean.txt");
  text.erase(text.find("process-end"));
  const Ran ran = Gordian("analyze " + Write("cut.txt", text));
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("ends before the program did"), HasSubstr("Inconclusive")));
}

TEST_F(CommandTest, AStreamOfNobodyIsRefusedInAText) {
  std::string text = Contents(kTraces + "/deadlock.txt");
  text += "@ 9\nlock 1 s1 v99\n";  // a stream that belongs to no task
  const Ran ran = Gordian("analyze --from=text " + Write("stray.txt", text));
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("stray.txt"));
}

TEST_F(CommandTest, WhatIsNoTraceIsAnErrorThatNamesIt) {
  for (const auto& [name, text] :
       {std::pair("empty.gtrace", ""), std::pair("foreign.gtrace", "ELF?"),
        std::pair("short.gtrace", "GORDIAN\n"), std::pair("newer.gtrace", "GORDIAN\n\x7f\0\0\0")}) {
    const Ran ran = Gordian("analyze " + Write(name, text));
    EXPECT_EQ(ran.status, 2) << name;
    EXPECT_THAT(ran.err, AllOf(StartsWith("gordian: "), HasSubstr(name))) << name;
    EXPECT_THAT(ran.out, IsEmpty()) << name;
  }
  EXPECT_EQ(Gordian("analyze " + folder_.string()).status, 2);
  EXPECT_EQ(Gordian("analyze /nowhere/at/all").status, 2);
}

TEST_F(CommandTest, AMalformedLineIsNamed) {
  const Ran ran = Gordian("analyze " + Write("bad.txt", "@ 1\nrun #1 run=1 ns=5\nlok 1\n"));
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("bad.txt"), HasSubstr("line 3")));
  const Ran std_form =
      Gordian("analyze --from=std " + Write("bad.std", "T0|acq(L1)|17\nT0|grab(L1)|18\n"));
  EXPECT_EQ(std_form.status, 2);
  EXPECT_THAT(std_form.err, HasSubstr("line 2"));
}

TEST_F(CommandTest, AnImpossibleTextIsRefusedWithTheBrokenRule) {
  std::string text = Contents(kTraces + "/clean.txt");
  text.replace(text.find("unlock 2\nunlock 1"), 17, "unlock 2\nunlock 2");
  const std::string path = Write("impossible.txt", text);
  const Ran analyzed = Gordian("analyze " + path);
  EXPECT_EQ(analyzed.status, 2);
  EXPECT_THAT(analyzed.err, AllOf(HasSubstr("impossible.txt"), HasSubstr("unlock")));
  const Ran verified = Gordian("verify " + path);
  EXPECT_EQ(verified.status, 1);
  EXPECT_THAT(verified.out, HasSubstr("not lawful"));
}

TEST_F(CommandTest, AnImpossibleLineOfRapidsFormIsNamed) {
  const std::string path = Write("bad.std", "T0|acq(L1)|17\nT0|rel(L1)|18\nT0|rel(L1)|19\n");
  const std::string message = path + ": line 3: T0 releases L1, which nobody holds\n";
  for (const char* command : {"analyze", "stats", "dump"}) {
    const Ran ran = Gordian(std::string(command) + " --from=std " + path);
    EXPECT_EQ(ran.status, 2) << command;
    EXPECT_EQ(ran.err, "gordian: " + message) << command;
  }
  const Ran verified = Gordian("verify --from=std " + path);
  EXPECT_EQ(verified.status, 1);
  EXPECT_THAT(verified.out, AllOf(StartsWith(message), EndsWith("events, not lawful\n")));
}

TEST_F(CommandTest, RapidsFormIsRead) {
  const std::string path = Write("ab.std",
                                 "T0|fork(T1)|1\nT0|fork(T2)|2\n"
                                 "T1|acq(a)|3\nT1|acq(b)|4\nT1|rel(b)|5\nT1|rel(a)|6\n"
                                 "T2|acq(b)|7\nT2|acq(a)|8\nT2|rel(a)|9\nT2|rel(b)|10\n"
                                 "T0|join(T1)|11\nT0|join(T2)|12\n");
  const Ran ran = Gordian("analyze --from=std " + path);
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("deadlock.lock-order · predicted"));
  EXPECT_EQ(Gordian("analyze " + path).out, ran.out) << "its form is seen from its first line";
}

TEST_F(CommandTest, TheReportGoesWhereItIsToldTo) {
  const Ran ran = Gordian("analyze -o " + File("report.txt") + " " + kTraces + "/deadlock.txt");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(Contents(File("report.txt")), StartsWith("deadlock.global"));
  const Ran nowhere = Gordian("analyze -o /nowhere/report.txt " + kTraces + "/deadlock.txt");
  EXPECT_EQ(nowhere.status, 2) << "an error goes before findings";
  EXPECT_THAT(nowhere.err, HasSubstr("/nowhere/report.txt"));
}

TEST_F(CommandTest, ColourIsForTerminalsUnlessAskedFor) {
  const std::string words = "analyze " + kTraces + "/deadlock.txt --color=";
  EXPECT_THAT(Gordian(words + "auto").out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Gordian(words + "never").out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Gordian(words + "always").out, HasSubstr("\x1b["));
  EXPECT_THAT(Gordian(words + "always", "NO_COLOR=1").out, HasSubstr("\x1b["));
}

TEST_F(CommandTest, OnlyAnotherCharacterSetAsksForAscii) {
  const std::string words = "analyze " + kTraces + "/deadlock.txt";
  EXPECT_THAT(Gordian(words, "LC_ALL=C").out, HasSubstr("──waits──▶"));
  EXPECT_THAT(Gordian(words, "LC_ALL=de_DE.ISO-8859-1").out, HasSubstr("--waits-->"));
}

// --- dump, verify, stats ---------------------------------------------------------

TEST_F(CommandTest, DumpIsLossless) {
  const Ran first = Gordian("dump " + kTraces + "/deadlock.txt");
  EXPECT_EQ(first.status, 0);
  const Ran second = Gordian("dump --from=text " + Write("again.txt", first.out));
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(Gordian("analyze " + File("again.txt")).status, 1);
}

TEST_F(CommandTest, AnOrderedDumpNamesTasksObjectsAndPlaces) {
  const Ran ran = Gordian("dump --ordered " + kTraces + "/deadlock.txt");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, ::testing::ContainsRegex("alice→bob +lock 1 s1 v2 +accounts\\[0\\].mu +"
                                                "Transfer\\(\\) /src/bank.cc:18\n"));
}

TEST_F(CommandTest, VerifySaysWholeCutOrUnreadable) {
  const Ran whole = Gordian("verify " + kTraces + "/clean.txt");
  EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, EndsWith("15 events, whole and lawful\n"));
  EXPECT_EQ(Gordian("verify " + kTraces + "/deadlock.txt").status, 3);
  EXPECT_EQ(Gordian("verify " + Write("empty.gtrace", "")).status, 2);
}

TEST_F(CommandTest, StatsTellParallelism) {
  const Ran ran = Gordian("stats " + kTraces + "/deadlock.txt");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("26 events\n"), HasSubstr("goroutines 2"),
                             HasSubstr("accounts[1].mu"), HasSubstr("serial share")));
  const json stats =
      json::parse(Gordian("stats --format=json " + kTraces + "/deadlock.txt").out, nullptr, false);
  ASSERT_FALSE(stats.is_discarded());
  EXPECT_EQ(stats["events"], 26);
  EXPECT_EQ(stats["by_type"]["lock"], 2);
  EXPECT_EQ(stats["contention"].size(), 2u);
}

TEST_F(CommandTest, AReaderThatGoesAwayIsNoCrash) {
  const Ran ran = Gordian("dump " + kTraces + "/deadlock.txt | head -1");
  EXPECT_EQ(ran.status, 0);
}

// --- doctor ----------------------------------------------------------------------

TEST_F(CommandTest, DoctorRecordsABugAndFindsIt) {
  const Ran ran = Gordian("doctor");
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("was recorded, and found: deadlock."),
                             EndsWith("gordian works here\n")));
}

}  // namespace
}  // namespace gordian::tools
