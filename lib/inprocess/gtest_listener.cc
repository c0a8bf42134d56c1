// GoogleTest: a listener that fails the test which did something wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gordian/internal/freeze.h"
#include "gordian/testing.h"
#include "instrument/recorder/attach.h"
#include "lib/inprocess/fresh_process.h"
#include "lib/inprocess/gtest_results.h"
#include "lib/inprocess/guard.h"
#include "lib/inprocess/session.h"

namespace gordian::testing {
namespace {

using inprocess::DoneTest;
using inprocess::EarlierRuns;
using inprocess::ResultFormat;
using ::testing::UnitTest;

// Tests that hang are ended where somebody judges them: this process, or `gordian run`.
bool IsGuarded() { return inprocess::Session::Get().judging() || recorder::Supervised(); }

// What this process and those before it have run.
EarlierRuns& Runs() {
  static EarlierRuns& runs = *new EarlierRuns;
  return runs;
}

// The tests that earlier processes have run.
std::size_t& Inherited() {
  static std::size_t inherited = 0;
  return inherited;
}

std::string FullName(const ::testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

// What GoogleTest will run, by its filter and shard.
std::vector<std::string> Selected() {
  std::vector<std::string> names;
  const UnitTest& all = *UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const ::testing::TestInfo& test = *suite.GetTestInfo(k);
      if (test.should_run()) names.push_back(FullName(test));
    }
  }
  return names;
}

// --- Result files --------------------------------------------------------------

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct ResultFile {
  ResultFormat format = ResultFormat::kXml;
  std::string path;
};

// Where GoogleTest writes its results, as --gtest_output says; nothing where it does not.
std::optional<ResultFile> TheResultFile() {
  const std::string flag = ::testing::GTEST_FLAG(output);
  const std::size_t colon = std::min(flag.find(':'), flag.size());
  const std::string format = flag.substr(0, colon);
  if (format != "xml" && format != "json") return std::nullopt;
  ResultFile file{format == "json" ? ResultFormat::kJson : ResultFormat::kXml, ""};
  file.path = colon < flag.size() ? flag.substr(colon + 1) : "test_detail." + format;
  if (!file.path.starts_with('/')) {
    file.path = std::string(UnitTest::GetInstance()->original_working_dir()) + "/" + file.path;
  }
  if (!file.path.ends_with('/')) return file;
  // In a folder it takes the program's name, and the first number that is free.
  const std::string base =
      file.path + std::filesystem::read_symlink("/proc/self/exe").filename().string();
  file.path = base + "." + format;
  for (int i = 1; std::filesystem::exists(base + "_" + std::to_string(i) + "." + format); ++i) {
    file.path = base + "_" + std::to_string(i) + "." + format;
  }
  return file;
}

// Has GoogleTest write what it knows now, and takes out what belongs to this process.
void CollectResults() {
  ::testing::TestEventListener* const writer =
      UnitTest::GetInstance()->listeners().default_xml_generator();
  if (writer == nullptr) return;
  writer->OnTestIterationEnd(*UnitTest::GetInstance(), 0);
  const std::optional<ResultFile> file = TheResultFile();
  if (!file) return;
  std::set<std::string> own;
  for (std::size_t i = Inherited(); i < Runs().tests.size(); ++i) own.insert(Runs().tests[i].name);
  const std::string document = inprocess::KeepTests(Contents(file->path), file->format, own);
  Runs().results = inprocess::MergeResults(Runs().results, document, file->format);
  std::remove(file->path.c_str());  // the next process writes it again, under the same name
}

// Puts what earlier processes found into the file that this one has written.
void CompleteResultFile() {
  const std::optional<ResultFile> file = TheResultFile();
  if (!file || Runs().results.empty()) return;
  const std::string whole =
      inprocess::MergeResults(Runs().results, Contents(file->path), file->format);
  std::ofstream(file->path, std::ios::trunc | std::ios::binary) << whole;
}

// --- Fresh processes -------------------------------------------------------------

// Fails the test that runs, at its own place.
void Fail(const std::string& report) {
  const ::testing::TestInfo* test = UnitTest::GetInstance()->current_test_info();
  ADD_FAILURE_AT(test != nullptr ? test->file() : nullptr, test != nullptr ? test->line() : -1)
      << report;
}

// GoogleTest's own sums are about the last process alone.
void SumUp() {
  std::string names;
  std::size_t failed = 0;
  for (const DoneTest& test : Runs().tests) {
    if (!test.failed) continue;
    names += "\n  " + test.name;
    ++failed;
  }
  std::printf("gordian: %zu tests ran in all these processes, %zu of them failed%s%s\n",
              Runs().tests.size(), failed, failed > 0 ? ":" : "", names.c_str());
}

// Whether a fresh process would have anything to do.
bool IsAnyLeft() { return Runs().rounds != 1 || Runs().tests.size() < Runs().selected.size(); }

// GoogleTest's own lines for a failed test with its report, and on in a fresh process.
[[noreturn]] void Abandon(const std::string& report) {
  const ::testing::TestInfo* test = UnitTest::GetInstance()->current_test_info();
  std::fflush(nullptr);
  if (test == nullptr) {
    std::fprintf(stderr, "%s\n", report.c_str());
    _exit(1);
  }
  ::testing::GTEST_FLAG(throw_on_failure) = ::testing::GTEST_FLAG(break_on_failure) = false;
  Fail(report);
  const std::string name = FullName(*test);
  std::printf("[  FAILED  ] %s\n", name.c_str());
  Runs().tests.push_back({name, true});
  CollectResults();
  if (recorder::Supervised()) recorder::EndProcess(trace::ProcessEndReason::kFatal);
  const bool left_out = ::testing::GTEST_FLAG(fail_fast) && IsAnyLeft();
  if (left_out || !IsAnyLeft()) {
    std::printf("gordian: the test cannot be ended; %s\n",
                left_out ? "the others are left out (fail_fast)" : "it was the last one");
    SumUp();
    CompleteResultFile();
    std::fflush(stdout);
    _exit(1);
  }
  std::printf("gordian: the test cannot be ended; going on in a fresh process\n");
  std::fflush(stdout);
  const std::string why = inprocess::ReplaceProcess(Runs());
  std::fprintf(stderr, "gordian: the remaining tests are not run: %s\n", why.c_str());
  _exit(1);
}

// The process that has finished one round of --gtest_repeat for others begins the next one.
void BeginNextRound() {
  EarlierRuns& runs = Runs();
  if (runs.rounds == 1) return;
  EarlierRuns next;
  next.rounds = runs.rounds < 0 ? -1 : runs.rounds - 1;
  next.selected = runs.selected;
  next.failed = runs.failed;
  for (const DoneTest& test : runs.tests) {
    if (test.failed) next.failed.push_back(test.name);
  }
  std::fflush(nullptr);
  const std::string why = inprocess::ReplaceProcess(next);
  std::fprintf(stderr, "gordian: the remaining rounds are not run: %s\n", why.c_str());
}

// Ends a test as an assertion that throws does: GoogleTest says nothing of it. Programs that catch
// a std::exception do not swallow it, since there are two of them in it and neither is meant.
struct Another : std::runtime_error {
  Another() : runtime_error("gordian: this wait can never end") {}
};
struct TestEnded : internal::Unwound, ::testing::AssertionException, Another {
  TestEnded()
      : AssertionException(::testing::TestPartResult(::testing::TestPartResult::kFatalFailure,
                                                     nullptr, -1, Another().what())) {}
};

class Listener : public ::testing::EmptyTestEventListener {
 public:
  explicit Listener(bool is_first) : is_first_(is_first) {}

  void OnTestIterationStart(const UnitTest&, int iteration) override {
    if (!is_first_) return;
    const int rounds = ::testing::GTEST_FLAG(repeat);
    Runs().rounds = rounds < 0 ? -1 : rounds - iteration;
    if (iteration == 0) Runs().selected = Selected();
  }

  void OnTestStart(const ::testing::TestInfo& test) override {
    test_ = inprocess::Session::Get().BeginTest(FullName(test));
    if (IsGuarded()) inprocess::ArmGuard(test_);
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    if (!IsGuarded()) inprocess::Session::Get().EndTest(test_);
    const std::string report = IsGuarded() ? inprocess::DisarmGuard() : "";
    if (!report.empty()) Fail(report);
    Runs().tests.push_back({FullName(test), test.result()->Failed()});
  }

  void OnTestIterationEnd(const UnitTest&, int) override {
    if (!is_first_) return FailForEarlierTests();
    // Only the first process runs several rounds by itself.
    for (const DoneTest& test : Runs().tests) {
      if (test.failed) Runs().failed.push_back(test.name);
    }
    Runs().tests.clear();
  }

  void OnTestProgramEnd(const UnitTest&) override {
    if (!is_first_) {
      SumUp();
      CompleteResultFile();
      return BeginNextRound();
    }
    // A pattern that has outlived its leak should go. Only where this process ran all the
    // tests can that be said.
    inprocess::Session& session = inprocess::Session::Get();
    if (!session.judging()) return;
    for (const std::string& pattern : session.UnusedPatterns()) {
      std::printf("gordian: allow=%s matched no leak\n", pattern.c_str());
    }
  }

 private:
  // Fails the run where a test of an earlier process failed, also where no test is left.
  static void FailForEarlierTests() {
    std::string names;
    for (const std::string& name : Runs().failed) names += "\n  " + name;
    for (std::size_t i = 0; i < Inherited(); ++i) {
      if (Runs().tests[i].failed) names += "\n  " + Runs().tests[i].name;
    }
    if (!names.empty()) Fail("failed before this process began:" + names);
  }

  const bool is_first_;
  std::uint32_t test_ = 0;
};

// Runs those that are left, by name: the first process has chosen them, by filter and shard.
void SelectTheRest(const EarlierRuns& runs) {
  std::set<std::string> done;
  for (const DoneTest& test : runs.tests) done.insert(test.name);
  std::string filter;
  for (const std::string& name : runs.selected) {
    if (!done.contains(name)) filter += (filter.empty() ? "" : ":") + name;
  }
  ::testing::GTEST_FLAG(filter) = filter.empty() ? "-*" : filter;
  unsetenv("GTEST_TOTAL_SHARDS");
  unsetenv("GTEST_SHARD_INDEX");
}

// Goes on where earlier processes had to stop.
void GoOnAfter(EarlierRuns earlier) {
  SelectTheRest(earlier);
  ::testing::GTEST_FLAG(repeat) = 1;
  Inherited() = earlier.tests.size();
  Runs() = std::move(earlier);
}

}  // namespace

void AddListener() {
  inprocess::Session::Get();  // records from here on
  std::optional<EarlierRuns> earlier = inprocess::TakeEarlierRuns();
  const bool is_first = !earlier.has_value();
  if (!is_first) GoOnAfter(*std::move(earlier));
  if (IsGuarded()) {
    internal::SetUnwinder([] { throw TestEnded(); });
    inprocess::StartGuard(Abandon);
  }
  UnitTest::GetInstance()->listeners().Append(new Listener(is_first));
}

}  // namespace gordian::testing
