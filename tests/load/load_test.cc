// Much of one thing: the program still does it, nothing is lost, and what an item costs in memory
// does not grow with their number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/interpose/shell.h"

namespace {

using testing::HasSubstr;

class LoadTest : public testing::Test {
 protected:
  Outcome Run(const std::string& what, long count, const std::string& options = "") {
    return Shell(folder_.path(),
                 options + " $G run -o report -- " LOAD " " + what + " " + std::to_string(count));
  }

  // What `count` items and a tenth of them need beside each other, in KiB of the program's memory.
  void ExpectMemory(const std::string& what, long count, long kib_per_thousand) {
    const Outcome few = Run(what, count / 10);
    const Outcome many = Run(what, count);
    EXPECT_EQ(many.status, 0) << Contents(folder_.path() / "report");
    EXPECT_EQ(many.out, std::to_string(count) + "\n");
    const long more = std::atol(many.err.c_str()) - std::atol(few.err.c_str());
    // Shared with the command, and as much for many: what waits to be drained.
    constexpr long kBuffers = 20 << 10;
    EXPECT_LT(more, count * kib_per_thousand / 1000 + kBuffers) << few.err << many.err;
  }

  const Folder folder_;
};

TEST_F(LoadTest, ManyThreadsAtOnce) {
  const Outcome run = Run("threads-at-once", 1000);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "1000\n");
}

TEST_F(LoadTest, ThreadsThatHaveEndedTakeNoMemory) { ExpectMemory("threads-in-turn", 5000, 0); }
TEST_F(LoadTest, MutexesThatAreGoneTakeNoMemory) { ExpectMemory("mutexes-in-turn", 100'000, 0); }
TEST_F(LoadTest, AMutexTakesAFewWords) { ExpectMemory("mutexes-at-once", 100'000, 200); }

class MaxSizeTest : public LoadTest {
 protected:
  Outcome RunBounded(const std::string& what) {
    return Shell(
        folder_.path(),
        "GORDIAN_OPTIONS=max_size=1M $G run --trace=t.gtrace -o report -- " LOAD " " + what);
  }
  long KibOfTrace() { return std::atol(Shell(folder_.path(), "du -k t.gtrace").out.c_str()); }
};

TEST_F(MaxSizeTest, WhatWasAnalysedMakesRoom) {
  const Outcome run = RunBounded("mutexes-in-turn 400000");
  EXPECT_EQ(run.status, 0) << Contents(folder_.path() / "report");
  EXPECT_EQ(run.out, "400000\n");
  EXPECT_THAT(Contents(folder_.path() / "report"), HasSubstr("No findings"));
  const auto length = static_cast<long>(std::filesystem::file_size(folder_.path() / "t.gtrace"));
  EXPECT_LT(KibOfTrace(), length / 1024 / 2);
}

TEST_F(MaxSizeTest, AnAnalysisOfWhatIsLeftSaysFromWhenOnItKnows) {
  RunBounded("threads-in-turn 20000");  // who is joined reads the clock
  const Outcome analysis = Shell(folder_.path(), "$G analyze t.gtrace");
  EXPECT_EQ(analysis.status, 3) << analysis.out;
  EXPECT_THAT(analysis.out, HasSubstr("it is whole only for its last"));
  EXPECT_THAT(analysis.out, HasSubstr("max_size"));
}

}  // namespace
