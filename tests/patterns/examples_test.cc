// The pages of docs/patterns: each shows its example as it is, and what that prints; and gordian
// has nothing to say about it, nor about any pattern stopped at any step.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vocabulary/run.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using vocabulary::Contents;
using vocabulary::Outcome;
using vocabulary::RunRecorded;

std::vector<std::string> Examples() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(SOURCES "/examples/patterns")) {
    if (entry.path().extension() == ".cc") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

std::string PageOf(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name + ".md";
}

std::string Block(std::string_view language, const std::string& text) {
  return "```" + std::string(language) + "\n" + text + "```\n";
}

class PatternExample : public testing::TestWithParam<std::string> {};

TEST_P(PatternExample, PrintsWhatItsPageSaysAndIsLeftInPeace) {
  const std::string& name = GetParam();
  const std::string page = Contents(SOURCES "/docs/patterns/" + PageOf(name));
  EXPECT_THAT(page,
              HasSubstr(Block("cpp", Contents(SOURCES "/examples/patterns/" + name + ".cc"))));
  const Outcome run = RunRecorded("'" EXAMPLES "/" + name + "'");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.findings, IsEmpty()) << run.report;
  EXPECT_THAT(page, HasSubstr(Block("text", run.out)));
}

INSTANTIATE_TEST_SUITE_P(Patterns, PatternExample, testing::ValuesIn(Examples()),
                         [](const auto& info) { return info.param; });

TEST(PatternPages, AreListed) {
  const std::string list = Contents(SOURCES "/docs/patterns/README.md");
  for (const std::string& name : Examples()) {
    EXPECT_THAT(list, HasSubstr("](" + PageOf(name) + ")"));
  }
}

TEST(StoppedAtEveryStep, NothingIsFound) {
  const Outcome run = RunRecorded("'" STOPPED "'");
  EXPECT_EQ(run.out, "done\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.findings, IsEmpty()) << run.report;
}

}  // namespace
