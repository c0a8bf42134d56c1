// Every shape of bug, through the real command: what must be found when it strikes is found,
// what a clean run tells is found, and of the corrected program nothing is said.
//
// The table in docs/bug-shapes.md is written from these runs:
//   GORDIAN_WRITE_SHAPES=1 build/dev/bin/shapes_test
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shapes/expectations.h"
#include "tests/shapes/judge.h"
#include "tests/shapes/run.h"

namespace shapes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kAlways = "always";
constexpr int kAtOnce = 2;

// The runs, each made once. Where all tests are wanted they are made ahead, two at a time.
class Runs {
 public:
  Runs() {
    for (const Expectation& expectation : Expectations()) {
      for (const char* mode : {"bug", "clean", "twin"}) {
        if (mode == std::string_view("clean") && expectation.clean == kAlways) continue;
        const Key key{expectation.shape, mode};
        tasks_.emplace_back([key] { return RunShape(key.first, key.second); });
        outcomes_[key] = tasks_.back().get_future().share();
        index_[key] = tasks_.size() - 1;
      }
    }
    started_ = std::vector<std::atomic<bool>>(tasks_.size());
    if (GTEST_FLAG_GET(filter) != "*") return;
    for (int i = 0; i < kAtOnce; ++i) {
      workers_.emplace_back([this] {
        for (std::size_t task = 0; task < tasks_.size(); ++task) Start(task);
      });
    }
  }

  const Outcome& Get(int shape, const std::string& mode) {
    const Key key{shape, mode};
    Start(index_.at(key));
    return outcomes_.at(key).get();
  }

 private:
  using Key = std::pair<int, std::string>;

  void Start(std::size_t task) {
    if (!started_[task].exchange(true)) tasks_[task]();
  }

  std::vector<std::packaged_task<Outcome()>> tasks_;
  std::vector<std::atomic<bool>> started_;
  std::map<Key, std::size_t> index_;
  std::map<Key, std::shared_future<Outcome>> outcomes_;
  std::vector<std::jthread> workers_;
};

Runs& AllRuns() {
  static Runs runs;
  return runs;
}

class Shapes : public testing::TestWithParam<Expectation> {
 protected:
  static void ExpectFindings(const Outcome& outcome, std::string_view expected,
                             std::string_view allowed) {
    ASSERT_TRUE(outcome.is_json) << outcome.diagnostics << outcome.report;
    EXPECT_TRUE(outcome.complete) << outcome.diagnostics;
    const Judgement judgement = Judge(outcome, expected, allowed);
    EXPECT_THAT(judgement.missing, IsEmpty()) << outcome.diagnostics;
    EXPECT_THAT(judgement.unexpected, IsEmpty()) << outcome.report;
  }
};

TEST_P(Shapes, IsFoundWhenItStrikes) {
  const Expectation& shape = GetParam();
  const Outcome& outcome = AllRuns().Get(shape.shape, "bug");
  ExpectFindings(outcome, shape.bug, shape.also);
  EXPECT_THAT(Unmentioned(outcome, shape.mentions), IsEmpty()) << outcome.report;
  EXPECT_NE(outcome.exit_status, 0);
}

TEST_P(Shapes, IsFoundFromACleanRunWhereItTells) {
  const Expectation& shape = GetParam();
  if (shape.clean == kAlways) GTEST_SKIP() << "strikes in every run";
  // What was not asked for, but names the bug all the same, is no noise.
  const std::string allowed = RulesOf(shape.bug) + " " + std::string(shape.also);
  ExpectFindings(AllRuns().Get(shape.shape, "clean"), shape.clean, allowed);
}

TEST_P(Shapes, TwinIsSilent) {
  const Outcome& outcome = AllRuns().Get(GetParam().shape, "twin");
  ExpectFindings(outcome, "", "");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.diagnostics;
}

INSTANTIATE_TEST_SUITE_P(All, Shapes,
                         testing::ValuesIn(Expectations().begin(), Expectations().end()),
                         [](const testing::TestParamInfo<Expectation>& info) {
                           return std::to_string(info.param.shape) + "_" +
                                  std::string(info.param.name);
                         });

std::string Table() {
  std::string table(TableHead());
  for (const Expectation& shape : Expectations()) {
    const bool has_clean = shape.clean != kAlways;
    table += TableRow(shape, AllRuns().Get(shape.shape, "bug"),
                      has_clean ? &AllRuns().Get(shape.shape, "clean") : nullptr,
                      AllRuns().Get(shape.shape, "twin"));
  }
  return table;
}

TEST(ShapesTable, IsCurrent) {
  if (GTEST_FLAG_GET(filter) != "*") GTEST_SKIP() << "needs every run";
  std::ostringstream text;
  text << std::ifstream(SHAPES_TABLE).rdbuf();
  const std::string page = text.str();
  const std::string table = Table();
  if (std::getenv("GORDIAN_WRITE_SHAPES") != nullptr) {
    std::ofstream(SHAPES_TABLE) << page.substr(0, page.find(TableHead())) << table;
    return;
  }
  EXPECT_THAT(page, HasSubstr(table));
}

}  // namespace
}  // namespace shapes
