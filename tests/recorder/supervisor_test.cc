// Whole recordings: a program, its supervisor, and the traces that are left.
#include "instrument/recorder/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "detector/reader/trace_source.h"
#include "instrument/recorder/protocol.h"
#include "tests/recorder/contents.h"

extern char** environ;

namespace gordian::recorder {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::IsEmpty;
using trace::EventType;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    std::filesystem::create_directories(directory_);
    std::string error;
    supervisor_ = Supervisor::Start(
        [this](const RecordedProcess::Identity&, std::size_t index) {
          return (directory_ / std::to_string(index)).string();
        },
        error);
    EXPECT_NE(supervisor_, nullptr) << error;
  }
  ~SupervisorTest() override { std::filesystem::remove_all(directory_); }

  pid_t Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LOCKER);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    setenv(kSupervisorVariable, supervisor_->address().c_str(), 1);
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, LOCKER, nullptr, nullptr, argv.data(), environ), 0);
    unsetenv(kSupervisorVariable);
    return pid;
  }

  void Poll(int timeout_ms) {
    std::vector<pollfd> descriptors;
    supervisor_->Watch(descriptors);
    poll(descriptors.data(), descriptors.size(), timeout_ms);
    supervisor_->Handle(descriptors);
  }

  // Serves until `pid` has ended, at least `expected` processes have come, and every
  // recording is over. Returns the wait status.
  int Serve(pid_t pid, std::size_t expected = 1) {
    const auto deadline = steady_clock::now() + milliseconds(20'000);
    std::optional<int> status;
    while (steady_clock::now() < deadline) {
      Poll(10);
      int ended = 0;
      if (!status && waitpid(pid, &ended, WNOHANG) == pid) status = ended;
      const bool finished = std::ranges::all_of(
          supervisor_->processes(), [](const auto& process) { return process->finished(); });
      if (status && finished && supervisor_->processes().size() >= expected) break;
    }
    for (const auto& process : supervisor_->processes()) process->Close({});
    EXPECT_TRUE(status.has_value());
    return status.value_or(-1);
  }

  Contents Trace(std::size_t index) { return ReadTrace(directory_ / std::to_string(index)); }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) / ("supervisor-" + std::to_string(getpid()));
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, RecordsEverythingThatAProgramDoes) {
  const int status = Serve(Start({"4", "20000"}));
  EXPECT_EQ(status, 0);
  ASSERT_EQ(supervisor_->processes().size(), 1u);
  Contents trace = Trace(0);
  EXPECT_THAT(trace.problem, IsEmpty());
  EXPECT_TRUE(trace.complete);
  EXPECT_EQ(trace.counts[EventType::kLock], 80'000u);
  EXPECT_EQ(trace.counts[EventType::kUnlock], 80'000u);
  EXPECT_EQ(trace.counts[EventType::kProcess], 1u);
  EXPECT_EQ(trace.counts[EventType::kProcessEnd], 1u);
  EXPECT_EQ(trace.counts[EventType::kLoss], 0u);
}

TEST_F(SupervisorTest, AFloodOfEventsIsNeitherLostNorDoesItStallForLong) {
  EXPECT_EQ(Serve(Start({"2", "4000000"})), 0);
  Contents trace = Trace(0);
  EXPECT_EQ(trace.counts[EventType::kLock], 8'000'000u);
  EXPECT_EQ(trace.counts[EventType::kLoss], 0u);
}

TEST_F(SupervisorTest, ManyThreads) {
  EXPECT_EQ(Serve(Start({"600", "10"})), 0);
  Contents trace = Trace(0);
  EXPECT_EQ(trace.counts[EventType::kLock], 6'000u);
  EXPECT_EQ(trace.counts[EventType::kTaskEnd], 600u);
}

TEST_F(SupervisorTest, AForkedChildHasATraceOfItsOwn) {
  EXPECT_EQ(Serve(Start({"2", "100", "fork"})), 0);
  ASSERT_EQ(supervisor_->processes().size(), 2u);
  EXPECT_TRUE(supervisor_->processes()[1]->identity().forked);
  EXPECT_EQ(Trace(0).counts[EventType::kLock], 300u);
  Contents child = Trace(1);
  EXPECT_EQ(child.counts[EventType::kLock], 100u);
  EXPECT_EQ(child.counts[EventType::kProcess], 1u);
  EXPECT_GT(child.counts[EventType::kObjectBegin], 0u) << "its locks are defined anew";
}

TEST_F(SupervisorTest, AnExecdChildHasATraceOfItsOwn) {
  EXPECT_EQ(Serve(Start({"1", "100", "exec"})), 0);
  ASSERT_EQ(supervisor_->processes().size(), 3u) << "parent, forked child, its new program";
  EXPECT_EQ(Trace(0).counts[EventType::kLock], 100u);
  EXPECT_EQ(Trace(2).counts[EventType::kLock], 10u);
}

TEST_F(SupervisorTest, VforkLeavesTheParentsTraceAlone) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer turns vfork into fork";
#endif
#endif
  EXPECT_EQ(Serve(Start({"1", "100", "vfork"})), 0);
  ASSERT_EQ(supervisor_->processes().size(), 2u);
  EXPECT_EQ(Trace(0).counts[EventType::kLock], 100u);
  EXPECT_EQ(Trace(0).counts[EventType::kProcessEnd], 1u);
  EXPECT_EQ(Trace(1).counts[EventType::kLock], 10u);
}

TEST_F(SupervisorTest, AChildCanBeLeftOut) {
  setenv("GORDIAN_OPTIONS", "fork=off", 1);
  EXPECT_EQ(Serve(Start({"2", "100", "fork"})), 0);
  unsetenv("GORDIAN_OPTIONS");
  EXPECT_EQ(supervisor_->processes().size(), 1u);
}

TEST_F(SupervisorTest, ADaemonIsFollowed) {
  EXPECT_EQ(Serve(Start({"1", "100", "daemon"}), 3), 0);
  ASSERT_EQ(supervisor_->processes().size(), 3u);
  EXPECT_EQ(Trace(2).counts[EventType::kLock], 100u);
  EXPECT_EQ(Trace(2).counts[EventType::kProcessEnd], 1u);
}

TEST_F(SupervisorTest, AProgramThatClosesAllDescriptorsIsRecordedAllTheSame) {
  EXPECT_EQ(Serve(Start({"2", "100", "closefds"})), 0);
  EXPECT_EQ(Trace(0).counts[EventType::kLock], 400u);
  EXPECT_EQ(Trace(0).counts[EventType::kProcessEnd], 1u);
}

TEST_F(SupervisorTest, EveryEndLeavesAWholeTrace) {
  EXPECT_EQ(WEXITSTATUS(Serve(Start({"2", "100", "exit3"}))), 3);
  EXPECT_EQ(WEXITSTATUS(Serve(Start({"2", "100", "_exit"}))), 4);
  EXPECT_EQ(WTERMSIG(Serve(Start({"2", "100", "abort"}))), SIGABRT);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(Trace(i).counts[EventType::kUnlock], 200u) << i;
  EXPECT_EQ(Trace(0).counts[EventType::kProcessEnd], 1u);
  EXPECT_EQ(Trace(1).counts[EventType::kProcessEnd], 0u);
}

TEST_F(SupervisorTest, AFullFileLosesEventsAndNothingElse) {
  signal(SIGXFSZ, SIG_DFL);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit tight = old;
  tight.rlim_cur = 4 << 10;
  const pid_t pid = Start({"2", "1000000"});
  Poll(1000);
  setrlimit(RLIMIT_FSIZE, &tight);
  const int status = Serve(pid);
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(supervisor_->processes()[0]->write_error(), testing::HasSubstr("limit"));
}

// A killed program's trace has each event up to some point of each thread. What it misses is
// at most one version per thread: taken, and not yet written when the signal came.
TEST_F(SupervisorTest, SigkillAtAnyMomentLeavesAReadableTrace) {
  std::mt19937 random(20240611);
  for (std::size_t round = 0; round < 200; ++round) {
    const pid_t pid = Start({"3", "0"});
    const auto kill_at = steady_clock::now() + std::chrono::microseconds(random() % 40'000);
    while (steady_clock::now() < kill_at) Poll(1);
    kill(pid, SIGKILL);
    const int status = Serve(pid);
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }
  for (std::size_t i = 0; i < supervisor_->processes().size(); ++i) {
    auto source =
        detector::OpenTrace(directory_ / std::to_string(i), detector::TraceFormat::kGtrace);
    ASSERT_TRUE(source.ok()) << source.status();
    const detector::OrderedTrace trace =
        detector::ReadInOrder(**source, [](const trace::Event&) {});
    ASSERT_TRUE(trace.status.ok()) << "process " << i << ": " << trace.status;
    ASSERT_TRUE(trace.complete);
    std::uint64_t missing = 0;
    for (const detector::Reader::Missing& gap : trace.missing) missing += gap.to - gap.from + 1;
    ASSERT_LE(missing, 3u) << "three threads";
  }
}

}  // namespace
}  // namespace gordian::recorder
