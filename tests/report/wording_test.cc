#include "detector/report/wording.h"

#include <gtest/gtest.h>

namespace gordian::detector {
namespace {

TEST(FileNames, SaysTheBaseNameWhereItIsEnough) {
  FileNames files;
  files.Add("/src/bank/bank.cc");
  files.Add("/src/bank/main.cc");
  EXPECT_EQ(files.Name("/src/bank/bank.cc"), "bank.cc");
  EXPECT_EQ(files.Place({.file = "/src/bank/main.cc", .line = 3}), "main.cc:3");
}

TEST(FileNames, OneFileNamedTwoWaysIsOneFile) {
  FileNames files;
  files.Add("../../examples/transfer.cc");
  files.Add("/home/eve/bank/build/dev/../../examples/transfer.cc");
  EXPECT_EQ(files.Name("../../examples/transfer.cc"), "transfer.cc");
  EXPECT_EQ(files.Name("/home/eve/bank/build/dev/../../examples/transfer.cc"), "transfer.cc");
}

TEST(FileNames, TellsFilesOfOneNameApart) {
  FileNames files;
  files.Add("/src/client/queue.cc");
  files.Add("/src/server/queue.cc");
  files.Add("queue.cc");
  EXPECT_EQ(files.Name("/src/client/queue.cc"), "client/queue.cc");
  EXPECT_EQ(files.Name("/src/server/queue.cc"), "server/queue.cc");
  EXPECT_EQ(files.Name("queue.cc"), "queue.cc");
}

TEST(Wording, SaysFunctionsAsPeopleDo) {
  EXPECT_EQ(SayFunction({.function = "void bank::Transfer(int)"}), "bank::Transfer()");
  EXPECT_EQ(SayFunction({.function = "main::$_0::operator()() const"}), "lambda in main()");
  EXPECT_EQ(SayFunction({.function = "auto (anonymous class)::operator()() const"}), "a lambda");
  EXPECT_EQ(SayFunction({}), "");
}

TEST(Wording, SaysTasksByNumberAndByTheirName) {
  EXPECT_EQ(SayTask({.id = 3, .name = "alice→bob"}), "Goroutine 3 \"alice→bob\"");
  EXPECT_EQ(SayTask({.id = 3, .name = "goroutine 3"}), "Goroutine 3");
  EXPECT_EQ(SayTask({.id = 2, .name = "", .kind = trace::TaskKind::kThread}), "Thread 2");
  EXPECT_EQ(SayTask({.id = 1, .name = "main"}), "Main");
}

TEST(Wording, SaysDurationsWithAUnitThatFits) {
  EXPECT_EQ(SayDuration(12), "12 ns");
  EXPECT_EQ(SayDuration(12'300), "12.3 µs");
  EXPECT_EQ(SayDuration(250'000'000), "250 ms");
  EXPECT_EQ(SayDuration(999'999'999), "1.0 s");
  EXPECT_EQ(SayDuration(1'040'000'000), "1.0 s");
  EXPECT_EQ(SayDuration(200'000'000'000), "3 min 20 s");
}

TEST(Wording, KnowsGivenNamesFromNumbers) {
  EXPECT_TRUE(IsGivenName("accounts", trace::ObjectKind::kMutex));
  EXPECT_TRUE(IsGivenName("shard 4", trace::ObjectKind::kMutex));
  EXPECT_FALSE(IsGivenName("mutex 4", trace::ObjectKind::kMutex));
  EXPECT_FALSE(IsGivenName("", trace::ObjectKind::kMutex));
}

}  // namespace
}  // namespace gordian::detector
