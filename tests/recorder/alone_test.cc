// Programs that record into a file of their own, with nobody watching.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "instrument/recorder/live_file.h"
#include "tests/recorder/contents.h"

namespace gordian::recorder {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using trace::EventType;

class AloneTest : public testing::Test {
 protected:
  AloneTest() { std::filesystem::create_directories(folder_); }
  ~AloneTest() override { std::filesystem::remove_all(folder_); }

  // Runs a shell command in the folder; $L is the locker. Returns its status.
  int Shell(const std::string& command) {
    const int status = std::system(
        ("L='" LOCKER "'; cd '" + folder_.string() + "'; { " + command + "; } 2> err").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string Said() {
    std::ifstream file(folder_ / "err");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool Exists(const char* name) { return std::filesystem::exists(folder_ / name); }
  Contents Trace(const char* name) { return ReadTrace(folder_ / name); }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("alone-" + std::to_string(getpid()));
};

TEST_F(AloneTest, NothingIsRecordedUnlessAskedFor) {
  EXPECT_EQ(Shell("$L 2 100"), 0);
  EXPECT_THAT(Said(), IsEmpty());
  EXPECT_FALSE(Exists("t.gtrace"));
}

TEST_F(AloneTest, ATraceIsThereWhenTheProgramHasEnded) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=trace=t.gtrace $L 3 1000"), 0);
  EXPECT_THAT(Said(), IsEmpty());
  EXPECT_FALSE(Exists("t.gtrace.live"));
  Contents trace = Trace("t.gtrace");
  EXPECT_THAT(trace.problem, IsEmpty());
  EXPECT_TRUE(trace.complete);
  EXPECT_EQ(trace.counts[EventType::kLock], 3000u);
  EXPECT_EQ(trace.counts[EventType::kProcessEnd], 1u);
}

TEST_F(AloneTest, AForkedChildRecordsBesideItsParent) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS='trace=t.gtrace' $L 1 100 fork"), 0);
  EXPECT_EQ(Trace("t.gtrace").counts[EventType::kLock], 200u);
  int traces = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with("t.gtrace")) ++traces;
  }
  EXPECT_EQ(traces, 2);
}

TEST_F(AloneTest, TheNameMayHoldTheProcessId) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS='trace=%p.gtrace' sh -c 'echo $$ > pid; exec $0 1 10' $L && "
                  "test -e $(cat pid).gtrace"),
            0);
}

TEST_F(AloneTest, SigkillLeavesALiveFileThatBecomesATrace) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=trace=t.gtrace:trace_limit=8M $L 2 0 & pid=$!; sleep 0.1; "
                  "kill -9 $pid; wait $pid; exit 0"),
            0);
  ASSERT_TRUE(Exists("t.gtrace.live"));
  EXPECT_EQ(SealLiveFile(folder_ / "t.gtrace.live", folder_ / "t.gtrace"), "");
  Contents trace = Trace("t.gtrace");
  EXPECT_THAT(trace.problem, IsEmpty());
  EXPECT_GT(trace.counts[EventType::kLock], 0u);
  EXPECT_EQ(trace.counts[EventType::kProcessEnd], 0u);
}

TEST_F(AloneTest, ALimitedFileLosesEventsAndSaysSo) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=trace=t.gtrace:trace_limit=1M $L 2 200000"), 0);
  EXPECT_THAT(Said(), HasSubstr("the recording is incomplete"));
  EXPECT_EQ(Trace("t.gtrace").counts[EventType::kLoss], 1u);
}

TEST_F(AloneTest, AFileSizeLimitKillsNobody) {
  EXPECT_EQ(Shell("(ulimit -f 2048; GORDIAN_OPTIONS=trace=t.gtrace $L 2 200000)"), 0);
  EXPECT_THAT(Said(), HasSubstr("the recording is incomplete"));
}

TEST_F(AloneTest, AnUnwritablePathIsOneLineAndTheProgramGoesOn) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=trace=/nonexistent/t.gtrace $L 2 100 exit3"), 3);
  EXPECT_THAT(Said(), HasSubstr("nothing is recorded, cannot write /nonexistent/t.gtrace.live"));
}

TEST_F(AloneTest, AWrongOptionIsOneLineAndTheProgramGoesOn) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS='trase=t.gtrace' $L 2 100"), 0);
  EXPECT_THAT(Said(), HasSubstr("the nearest"));
  EXPECT_THAT(Said(), HasSubstr("trace"));
}

TEST_F(AloneTest, HelpPrintsTheOptions) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=help=1 $L 1 1"), 0);
  EXPECT_THAT(Said(), HasSubstr("trace_limit="));
}

TEST_F(AloneTest, ClosingEveryDescriptorDoesNotStopTheRecording) {
  EXPECT_EQ(Shell("GORDIAN_OPTIONS=trace=t.gtrace $L 8 20000 closefds"), 0);
  EXPECT_EQ(Trace("t.gtrace").counts[EventType::kLock], 320'000u);
}

}  // namespace
}  // namespace gordian::recorder
