// GoogleTest: a listener that fails the test which did something wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "gordian/testing.h"
#include "lib/inprocess/fresh_process.h"
#include "lib/inprocess/guard.h"
#include "lib/inprocess/session.h"

namespace gordian::testing {
namespace {

using inprocess::DoneTest;

// What this process and those before it have run.
std::vector<DoneTest>& Done() {
  static std::vector<DoneTest>& done = *new std::vector<DoneTest>;
  return done;
}

std::string FullName(const ::testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

// GoogleTest's own line for a failed test, the report, and on in a fresh process.
[[noreturn]] void Abandon(const std::string& report) {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::fflush(nullptr);
  if (test != nullptr) {
    const std::string name = FullName(*test);
    std::printf("%s\n[  FAILED  ] %s\n", report.c_str(), name.c_str());
    std::printf("gordian: the test cannot be ended; going on in a fresh process\n");
    std::fflush(stdout);
    Done().push_back({name, true});
    const std::string why = inprocess::ReplaceProcess(Done());
    std::fprintf(stderr, "gordian: the remaining tests are not run: %s\n", why.c_str());
  } else {
    std::fprintf(stderr, "%s\n", report.c_str());
  }
  _exit(1);
}

class Listener : public ::testing::EmptyTestEventListener {
 public:
  void OnTestStart(const ::testing::TestInfo& test) override {
    test_ = inprocess::Session::Get().BeginTest(FullName(test));
    if (inprocess::Session::Get().judging()) inprocess::ArmGuard(test_);
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    inprocess::Session& session = inprocess::Session::Get();
    if (session.judging()) {
      const auto failing = inprocess::Failing(inprocess::DisarmGuard());
      if (!failing.empty()) ADD_FAILURE() << session.Report(failing);
    }
    session.EndTest(test_);
    Done().push_back({FullName(test), test.result()->Failed()});
  }

  void OnTestIterationEnd(const ::testing::UnitTest&, int) override { Done().clear(); }

 private:
  std::uint32_t test_ = 0;
};

// Fails the run where a test of an earlier process failed.
class EarlierFailures : public ::testing::Environment {
 public:
  void TearDown() override {
    std::string names;
    for (const DoneTest& test : earlier) {
      if (test.failed) names += "\n  " + test.name;
    }
    if (!names.empty()) ADD_FAILURE() << "failed before this process began:" << names;
  }

  std::vector<DoneTest> earlier;
};

// Leaves out what has been run: names are appended to the filter's negative part.
void SkipDone(const std::vector<DoneTest>& done) {
  std::string filter = ::testing::GTEST_FLAG(filter);
  char separator = filter.find('-') == std::string::npos ? '-' : ':';
  for (const DoneTest& test : done) {
    filter += separator + test.name;
    separator = ':';
  }
  ::testing::GTEST_FLAG(filter) = filter;
  if (::testing::GTEST_FLAG(repeat) != 1) {
    std::fprintf(stderr,
                 "gordian: this process finishes the present round of --gtest_repeat only\n");
    ::testing::GTEST_FLAG(repeat) = 1;
  }
}

}  // namespace

void AddListener() {
  inprocess::Session& session = inprocess::Session::Get();
  const std::vector<DoneTest> earlier = inprocess::DoneEarlier();
  if (!earlier.empty()) {
    SkipDone(earlier);
    Done() = earlier;
    auto* environment = new EarlierFailures;
    environment->earlier = earlier;
    ::testing::AddGlobalTestEnvironment(environment);
  }
  if (session.judging()) inprocess::StartGuard(Abandon);
  ::testing::UnitTest::GetInstance()->listeners().Append(new Listener);
}

}  // namespace gordian::testing
