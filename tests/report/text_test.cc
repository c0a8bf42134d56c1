#include "detector/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/report/samples.h"

namespace gordian::detector {
namespace {

using gordian::testing::BankDeadlock;
using gordian::testing::ReportOf;
using gordian::testing::WorkerLeak;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kBank =
    R"(deadlock.cycle · confirmed · Bank.TransferBothWays                                    1 of 1 finding

Two goroutines wait for each other for ever: "alice→bob" holds accounts[0].mu and waits for
accounts[1].mu, "bob→alice" holds accounts[1].mu and waits for accounts[0].mu.

    alice→bob ──waits──▶ accounts[1].mu ──held by──▶ bob→alice
        ▲                                                │
        └────held by───── accounts[0].mu ◀─────waits─────┘

Goroutine 3 "alice→bob", started at bank_test.cc:41
  holds  accounts[0].mu   since Transfer()  bank.cc:18
  waits  accounts[1].mu   at    Transfer()  bank.cc:19   (for 1.0 s)
Goroutine 4 "bob→alice", started at bank_test.cc:42
  holds  accounts[1].mu   since Transfer()  bank.cc:18
  waits  accounts[0].mu   at    Transfer()  bank.cc:19   (for 1.0 s)

Why it cannot end:
  • mutual exclusion: both locks are exclusive
  • hold and wait: each goroutine keeps one lock while it waits for the other
  • no preemption: neither wait has a timeout, a try or a context
  • circular wait: the waits form the cycle above

What to do:
  • Take the two locks in one order everywhere (gordian::LockInOrder(a, b), std::scoped_lock(a, b)).

fingerprint bb30a6de · gordian explain deadlock.cycle

1 finding (1 confirmed) · 1842 events, 4 tasks
)";

TEST(Text, ADeadlockReadsAsAStory) { EXPECT_EQ(ToText(ReportOf(BankDeadlock()), {}), kBank); }

TEST(Text, ColourAddsCodesAndChangesNoWord) {
  std::string text = ToText(ReportOf(BankDeadlock()), {.color = true});
  EXPECT_THAT(text, HasSubstr("\x1b["));
  for (std::size_t at; (at = text.find("\x1b[")) != std::string::npos;) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  EXPECT_EQ(text, kBank);
}

TEST(Text, SourceIsShownOnceWithItsLineMarked) {
  const std::string path = ::testing::TempDir() + "/report_bank.cc";
  std::ofstream(path) << "// bank\n\nvoid Transfer(Account& from, Account& to) {\n"
                         "\tfrom.mu.Lock();\n\tto.mu.Lock();\n}\n";
  const std::string text = ToText(ReportOf(BankDeadlock(path, 4)), {});
  EXPECT_THAT(text, HasSubstr("          3 │ void Transfer(Account& from, Account& to) {\n"
                              "          4 │     from.mu.Lock();\n"
                              "        ▶ 5 │     to.mu.Lock();\n"
                              "Goroutine 4"));
  EXPECT_EQ(text.find("▶ 5"), text.rfind("▶ 5"));
  EXPECT_THAT(ToText(ReportOf(BankDeadlock(path, 4)), {.sources = false}),
              Not(HasSubstr("│ void")));
  // A file that has become shorter is another version.
  EXPECT_THAT(ToText(ReportOf(BankDeadlock(path, 400)), {}), Not(HasSubstr("▶ 40")));
  std::filesystem::remove(path);
}

// Compilers keep paths as they were given: "../src/x.cc", seen from the build folder.
TEST(Text, SourceIsFoundFromTheFoldersAboveTheProgram) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(::testing::TempDir()) / "report_sources";
  fs::create_directories(root / "build/bin");
  fs::create_directories(root / "src");
  std::ofstream(root / "src/bank.cc") << "one\ntwo\nfrom.mu.Lock();\nto.mu.Lock();\n";
  TraceReport trace = BankDeadlock("../src/bank.cc", 3);
  const std::string module = (root / "build/bin/bank").string() + "\n";
  trace::Event event;
  event.type = trace::EventType::kModule;
  event.text = module;
  trace.sites.Take(event);
  EXPECT_THAT(ToText(ReportOf(trace), {}), HasSubstr("        ▶ 4 │ to.mu.Lock();\n"));
  fs::remove_all(root);
}

TEST(Text, WhatHasNoNameSaysWhereItWasMadeAndAlikesAreOnePart) {
  const std::string text = ToText(ReportOf(WorkerLeak()), {});
  EXPECT_THAT(text, HasSubstr("Goroutine 7 and 11 more that do the same, started at pool.cc:28\n"
                              "  waits  channel 4 (channel receive)   at lambda in Pool::Start()  "
                              "pool.cc:30\n"));
  EXPECT_THAT(text, HasSubstr("channel 4 was made in Pool::Pool()  pool.cc:12"));
}

TEST(Text, TheSameBugInTwoTracesIsOneFinding) {
  Report report = ReportOf(BankDeadlock());
  report.traces.push_back(BankDeadlock());
  report.traces.push_back(WorkerLeak());
  const std::string text = ToText(report, {});
  EXPECT_THAT(text, AllOf(HasSubstr("1 of 2 findings"),
                          HasSubstr("Seen 2 times, in 2 of 3 traces."), HasSubstr("3 traces")));
}

TEST(Text, WeightComesFirst) {
  TraceReport trace = BankDeadlock();
  trace.findings.insert(trace.findings.begin(), trace.findings[0]);
  trace.findings[0].verdict = Verdict::kSuspected;
  const std::string text = ToText(ReportOf(trace), {});
  EXPECT_LT(text.find("· confirmed"), text.find("· suspected"));
  EXPECT_THAT(text, HasSubstr("2 findings (1 confirmed, 1 suspected)"));
  EXPECT_THAT(text, HasSubstr("How it can happen:"));
}

TEST(Text, ACleanRunSaysSoInOneLine) {
  TraceReport trace;
  trace.facts = {.events = 12, .tasks = 1};
  EXPECT_EQ(ToText(ReportOf(trace), {}), "No findings · 12 events, 1 task\n");
}

TEST(Text, AnIncompleteTraceIsNeverClean) {
  TraceReport trace;
  trace.facts = {.file = "a.gtrace",
                 .complete = false,
                 .gaps = {"it ends without an end", "3 events were dropped"},
                 .events = 12,
                 .tasks = 1};
  Report report = ReportOf(trace);
  report.outcome = Outcome::kInconclusive;
  EXPECT_EQ(ToText(report, {}),
            "Not all is known of a.gtrace: it ends without an end; 3 events were dropped.\n"
            "\nInconclusive: no findings so far · 12 events, 1 task\n");
}

TEST(Text, ARunThatRecordedNothingIsNeverClean) {
  Report report = ReportOf({});
  report.outcome = Outcome::kInconclusive;
  EXPECT_THAT(ToText(report, {}), HasSubstr("Nothing was recorded in the trace.\n"));
}

TEST(Text, TheProgramsOwnEndIsTold) {
  Report report = ReportOf(BankDeadlock());
  report.program = ProgramEnd{.signal = 11};
  EXPECT_THAT(ToText(report, {}), HasSubstr("The program was ended by signal 11.\n"));
  report.program->by_gordian = report.program->hung = true;
  EXPECT_THAT(ToText(report, {}), HasSubstr("Gordian ended the program, which would not"));
  report.program = ProgramEnd{.exit_status = 4};
  EXPECT_THAT(ToText(report, {}), HasSubstr("The program exited with status 4.\n"));
  report.program = ProgramEnd{.exit_status = 0};
  EXPECT_THAT(ToText(report, {}), Not(HasSubstr("The program")));
}

TEST(Text, MeasuresAreOneLineEachAndNoFindings) {
  TraceReport trace;
  trace.facts.events = 5;
  trace.findings = {{.rule = "contention.lock",
                     .verdict = Verdict::kInfo,
                     .title = "cache.mu was waited for 1.2 s in 40 waits"}};
  Report report = ReportOf(trace);
  report.outcome = Outcome::kClean;
  const std::string text = ToText(report, {});
  EXPECT_THAT(text, HasSubstr("  contention.lock  cache.mu was waited for 1.2 s in 40 waits\n"));
  EXPECT_THAT(text, EndsWith("No findings · 5 events, 0 tasks\n"));
}

TEST(Text, ThePredictedScheduleIsNumbered) {
  TraceReport trace = BankDeadlock();
  trace.findings[0].verdict = Verdict::kPredicted;
  trace.findings[0].schedule = trace.findings[0].evidence;
  EXPECT_THAT(ToText(ReportOf(trace), {}),
              HasSubstr("A schedule that shows it:\n"
                        "   1. alice→bob  locks accounts[0].mu   Transfer()  bank.cc:18\n"
                        "   2. bob→alice  locks accounts[1].mu   Transfer()  bank.cc:18\n"));
}

TEST(Text, AStackShowsItsCallers) {
  TraceReport trace = BankDeadlock();
  const std::vector<Frame> frames = {
      {.function = "std::lock_guard<M>::lock_guard(M&)",
       .file = "/usr/include/c++/12/mutex",
       .line = 9,
       .inlined = true},
      {.function = "Transfer(Account&)", .file = "/src/bank.cc", .line = 19},
      {.function = "Serve()", .file = "/src/serve.cc", .line = 7},
      {.function = "__libc_start_main", .file = "/lib/libc.so.6+0x29d90"}};
  const std::string text = EncodeFrames(frames);
  trace::Event event;
  event.type = trace::EventType::kSiteFrames;
  event.subject = 2;
  event.text = text;
  trace.sites.Take(event);
  EXPECT_THAT(ToText(ReportOf(trace), {}),
              HasSubstr("  waits  accounts[1].mu   at    Transfer()  bank.cc:19   (for 1.0 s)\n"
                        "                          from  Serve()     serve.cc:7\n"
                        "Goroutine 4"));
}

TEST(Text, WhoIsBlockedBehindIsToldInItsFirstLine) {
  TraceReport trace = BankDeadlock();
  trace.findings[0].tasks[0].what = "is blocked behind it";
  trace.findings[0].tasks[1].what = "waits for members of the cycle";
  const std::string text = ToText(ReportOf(trace), {});
  EXPECT_THAT(text, HasSubstr("started at bank_test.cc:41, which is blocked behind it\n"));
  EXPECT_THAT(text, HasSubstr("started at bank_test.cc:42\n"));
}

TEST(Text, HostileNamesStayOnTheirLine) {
  TraceReport trace = BankDeadlock();
  Finding& finding = trace.findings[0];
  finding.tasks[0].name = "a\x1b[31m\nb";
  finding.objects[0].name = std::string(5000, 'x');
  finding.picture[0].from = "a\x1b[31m\nb";
  const std::string text = ToText(ReportOf(trace), {});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("Goroutine 3 \"a\\x1b[31m\\x0ab\""));
}

}  // namespace
}  // namespace gordian::detector
