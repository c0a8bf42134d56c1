// One legal order, from stretches and versions.
#include "detector/reader/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Order;
using gordian::testing::Piece;
using gordian::testing::Pieces;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReaderTest : public ::testing::Test {
 protected:
  void Feed(std::string_view text) {
    for (const auto& [stream, words] : Pieces(text)) reader_.Feed(stream, words);
  }
  absl::Status Drain() { return reader_.Drain(std::ref(order_)); }
  absl::Status Settle() { return reader_.Settle(std::ref(order_)); }
  absl::Status Finish() { return reader_.Finish(std::ref(order_)); }

  Reader reader_;
  Order order_;
};

TEST_F(ReaderTest, OneStreamIsInOrder) {
  Feed(R"(@ 1
process pid=1 start_ns=5 "a"
run #1 run=1 ns=10
object 1 v1 kind=mutex detail=0
lock 1 s4
unlock 1 s5)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(),
              ElementsAre("#0 process pid=1 start_ns=5 \"a\"", "#1 run #1 run=1 ns=10",
                          "#1 object 1 kind=mutex detail=0", "#1 lock 1 s4", "#1 unlock 1 s5"));
}

TEST_F(ReaderTest, VersionsPutTheStreamsInOrder) {
  Feed(R"(@ 2
run #2 run=1 ns=11
lock 1 v4
unlock 1
@ 1
run #1 run=1 ns=10
object 1 v1 kind=mutex detail=0
spawn #2 kind=1 "w"
time ns=11
lock 1
unlock 1
lock 1 v6)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(),
              ElementsAre("#1 run #1 run=1 ns=10", "#1 object 1 kind=mutex detail=0",
                          "#1 spawn #2 kind=1 \"w\"", "#1 time ns=11", "#1 lock 1", "#1 unlock 1",
                          "#2 run #2 run=1 ns=11", "#2 lock 1", "#2 unlock 1", "#1 lock 1"));
}

TEST_F(ReaderTest, FillsInWhatOnlyItKnows) {
  Feed(R"(@ 9
run #1 run=1 ns=10
object 3 v1 kind=mutex detail=0
time ns=77
lock 3)");
  trace::Event last;
  EXPECT_TRUE(reader_.Drain([&](const trace::Event& event) { last = event; }).ok());
  EXPECT_EQ(last.version, 2u);
  EXPECT_EQ(last.task, 1u);
  EXPECT_EQ(last.actor, 1u);
  EXPECT_EQ(last.stream, 9u);
  EXPECT_EQ(last.time, 77u);
  EXPECT_EQ(last.seq, 4u);
  EXPECT_EQ(last.offset, 9u);
}

TEST_F(ReaderTest, WhatIsMissingIsWaitedFor) {
  Feed("@ 1\nrun #1 run=1 ns=1\nobject 1 v1 kind=mutex detail=0\nlock 1 v3\n");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(2));
  Feed("@ 2\nrun #2 run=1 ns=1\nlock 1 v2");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(2)) << "nobody has spawned task 2";
  Feed("@ 3\nrun #3 v0 root run=1 ns=1\nspawn #2 kind=1 \"w\"");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(7));
}

TEST_F(ReaderTest, RecordsMayBeFedWordByWord) {
  const auto pieces = Pieces(R"(@ 1
run #1 run=1 ns=1
task-name #1 "a name of several words"
object 1 v1 kind=mutex detail=0
lock 1)");
  for (const auto& [stream, words] : pieces) {
    for (const std::uint64_t& word : words) {
      reader_.Feed(stream, {&word, 1});
      EXPECT_TRUE(Drain().ok());
    }
  }
  EXPECT_THAT(order_.lines(), SizeIs(4));
}

TEST_F(ReaderTest, ObservedRecordsWaitForTheirVersionAndTakeNone) {
  Feed(R"(@ 2
run #2 v0 root run=1 ns=1
load 1 v3 order=5
load 1 v2 order=5
@ 1
run #1 run=1 ns=1
object 1 v1 kind=atomic detail=0
store 1 order=5
store 1 order=5)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(7));
  EXPECT_EQ(order_.lines()[order_.lines().size() - 2], "#2 load 1 order=5");
}

TEST_F(ReaderTest, StretchesOfATaskComeInTheirOrder) {
  Feed(R"(@ 2
run #5 run=2 ns=1
progress
run #5 run=4 ns=1
sleep duration_ns=4
@ 1
run #1 run=1 ns=1
spawn #5 kind=0 "g"
run #5 run=1 ns=1
task-name #5 "first"
stop #5 ns=1
run #5 run=3 ns=1
atomically-begin
stop #5 ns=1)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_TRUE(order_.Precedes("#5 task-name #5 \"first\"", "#5 progress"));
  EXPECT_TRUE(order_.Precedes("#5 progress", "#5 atomically-begin"));
  EXPECT_TRUE(order_.Precedes("#5 atomically-begin", "#5 sleep duration_ns=4"));
}

TEST_F(ReaderTest, AStretchThatEndsWithItsStreamIsOverAtACut) {
  Feed(R"(@ 1
run #1 run=1 ns=1
spawn #5 kind=0 "g"
@ 2
run #5 run=1 ns=1
@ 3
run #5 run=2 ns=1
progress)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(3));
  EXPECT_TRUE(Settle().ok());
  EXPECT_THAT(order_.lines(), SizeIs(5));
}

TEST_F(ReaderTest, ACutLeavesRunningStretchesOpen) {
  Feed("@ 1\nrun #1 run=1 ns=1\n");
  EXPECT_TRUE(Settle().ok());
  Feed("@ 1\nprogress");
  EXPECT_TRUE(Drain().ok());
  EXPECT_EQ(order_.lines().back(), "#1 progress");
}

TEST_F(ReaderTest, ATaskThatNobodySpawnedIsARootAtACut) {
  Feed("@ 1\nrun #7 run=1 ns=1\nprogress\n");
  EXPECT_TRUE(Drain().ok());
  EXPECT_TRUE(order_.empty());
  EXPECT_TRUE(Settle().ok());
  EXPECT_THAT(order_.lines(), ElementsAre("#7 run #7 run=1 ns=1", "#7 progress"));
}

TEST_F(ReaderTest, ASpawnThatWaitsItselfIsStillWaitedFor) {
  Feed(R"(@ 1
run #7 run=1 ns=1
progress
@ 2
run #1 run=1 ns=1
lock 4 v9
spawn #7 kind=0 "g")");
  EXPECT_TRUE(Settle().ok());
  EXPECT_THAT(order_.lines(), ElementsAre("#1 run #1 run=1 ns=1"));
}

TEST_F(ReaderTest, AJoinComesAfterTheEnd) {
  Feed(R"(@ 1
run #1 run=1 ns=1
spawn #2 kind=1 "t"
join #2
@ 2
run #2 run=1 ns=1
progress
end #2 how=0)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_TRUE(order_.Precedes("#2 end #2 how=0", "#1 join #2"));
}

TEST_F(ReaderTest, WhereTheRulesLeaveFreedomTheClocksDecide) {
  Feed(R"(@ 1
run #1 run=1 ns=100
time ns=300
progress
@ 2
run #2 v0 root run=1 ns=200
fence order=5)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_TRUE(order_.Precedes("#2 fence order=5", "#1 progress"));
}

TEST_F(ReaderTest, ARequestStandsWhereItsVersionIsReached) {
  Feed(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock 1
unlock 1
lock 1
unlock 1
@ 2
run #2 v0 root run=1 ns=1
lock-request 1 v2)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_EQ(order_.IndexOf("#2 lock-request 1"), order_.IndexOf("#1 lock 1") + 1);
}

TEST_F(ReaderTest, TheEndPassesOverMissingVersionsAndNamesThem) {
  Feed(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock 1 v4
unlock 1
@ 2
run #2 v0 root run=1 ns=1
lock 1 v9
lock-request 1 v12)");
  EXPECT_TRUE(Drain().ok());
  EXPECT_THAT(order_.lines(), SizeIs(3));
  EXPECT_TRUE(Finish().ok());
  EXPECT_THAT(order_.lines(), SizeIs(7));
  ASSERT_THAT(reader_.missing(), SizeIs(3));
  EXPECT_EQ(reader_.missing()[0].from, 2u);
  EXPECT_EQ(reader_.missing()[0].to, 3u);
  EXPECT_EQ(reader_.missing()[1].from, 6u);
  EXPECT_EQ(reader_.missing()[1].to, 8u);
  EXPECT_EQ(reader_.missing()[2].to, 12u);
}

TEST_F(ReaderTest, TheEndPassesOverNothingThatIsStillThere) {
  // Version 3 of object 1 is there, behind a version of object 2 that is not.
  Feed(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock 1
@ 2
run #2 v0 root run=1 ns=1
lock 2 v5
unlock 1 v3
@ 3
run #3 v0 root run=1 ns=1
lock 1 v4)");
  EXPECT_TRUE(Finish().ok());
  EXPECT_TRUE(order_.Precedes("#2 unlock 1", "#3 lock 1"));
  ASSERT_THAT(reader_.missing(), SizeIs(1));
  EXPECT_EQ(reader_.missing()[0].object, 2u);
}

TEST_F(ReaderTest, TheEndPassesOverMissingStretches) {
  Feed("@ 1\nrun #1 run=3 ns=1\nprogress\n@ 2\nrun #1 run=6 ns=1\nfence order=5");
  EXPECT_TRUE(Finish().ok());
  EXPECT_TRUE(order_.Precedes("#1 progress", "#1 fence order=5"));
}

TEST_F(ReaderTest, LateVersionsAreTakenAfterTheEnd) {
  Feed("@ 1\nrun #1 run=1 ns=1\nlock 1 v3");
  EXPECT_TRUE(Finish().ok());
  Feed("@ 1\nprogress\n@ 2\nrun #2 v0 root run=1 ns=1\nlock 1 v2");
  EXPECT_TRUE(Drain().ok());
  EXPECT_TRUE(order_.Precedes("#1 lock 1", "#2 lock 1"));
}

TEST_F(ReaderTest, TheEndOfNothing) {
  EXPECT_TRUE(Finish().ok());
  EXPECT_TRUE(order_.empty());
  EXPECT_THAT(reader_.missing(), IsEmpty());
}

}  // namespace
}  // namespace gordian::detector
