// Streams that no recorder writes: each error names the stream, the word and what is
// wrong; the other streams are read on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/reader/reader.h"
#include "instrument/trace/wire.h"
#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Order;
using gordian::testing::Pieces;
using gordian::testing::Words;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Read {
  std::string error;
  Order order;
  std::uint64_t skipped = 0;
};

Read ReadAll(const std::vector<gordian::testing::Piece>& pieces) {
  Reader reader;
  Read read;
  for (const auto& [stream, words] : pieces) reader.Feed(stream, words);
  const absl::Status status = reader.Finish(std::ref(read.order));
  read.error = std::string(status.message());
  return read;
}

Read ReadAll(std::string_view text) { return ReadAll(Pieces(text)); }

constexpr std::string_view kMain = "@ 1\nrun #1 run=1 ns=1\nobject 1 v1 kind=mutex detail=0\n";

TEST(ReaderDamage, UnknownType) {
  auto pieces = Pieces(kMain);
  pieces[0].second.push_back(
      trace::Head(static_cast<trace::EventType>(trace::kEventTypes), false, 0, 0));
  EXPECT_THAT(ReadAll(pieces).error,
              AllOf(HasSubstr("stream 1, word 7"), HasSubstr("no such event")));
}

TEST(ReaderDamage, TheOtherStreamsAreReadOn) {
  auto pieces = Pieces(std::string(kMain) + "@ 2\nrun #2 v0 root run=1 ns=1\nprogress");
  pieces[0].second.push_back(127);
  const Read read = ReadAll(pieces);
  EXPECT_TRUE(read.order.Precedes("#2 run #2 run=1 ns=1", "#2 progress"));
}

TEST(ReaderDamage, TheStreamEndsInsideARecord) {
  auto pieces = Pieces(kMain);
  pieces[0].second.pop_back();
  const Read read = ReadAll(pieces);
  EXPECT_THAT(read.error, AllOf(HasSubstr("stream 1, word 3"), HasSubstr("ends inside")));
  EXPECT_THAT(read.order.lines(), SizeIs(1));
}

TEST(ReaderDamage, ZeroWordsEndAStream) {
  auto pieces = Pieces(kMain);
  pieces[0].second.insert(pieces[0].second.end(), 100, 0);
  EXPECT_EQ(ReadAll(pieces).error, "");
  pieces[0].second.push_back(trace::Head(trace::EventType::kProgress, false, 0, 0));
  EXPECT_THAT(ReadAll(pieces).error, AllOf(HasSubstr("word 107"), HasSubstr("had ended before")));
}

TEST(ReaderDamage, AVersionTakenTwice) {
  Reader reader;
  Order order;
  for (const auto& [stream, words] :
       Pieces(std::string(kMain) + "lock 1\n@ 2\nrun #2 v0 root run=1 ns=2\nlock 1 v2")) {
    reader.Feed(stream, words);
  }
  const absl::Status status = reader.Drain(std::ref(order));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("stream 2, word 4: `lock` of object 1: version 2 of its object was taken"));
}

TEST(ReaderDamage, ANarrowRecordAfterAnotherStreams) {
  const Read read = ReadAll(std::string(kMain) + "@ 2\nrun #2 v0 root run=1 ns=1\nlock 1");
  EXPECT_THAT(read.error, AllOf(HasSubstr("stream 2"), HasSubstr("needs a version of its own")));
}

TEST(ReaderDamage, AStretchTwice) {
  const Read read = ReadAll(std::string(kMain) + "@ 2\nrun #1 run=1 ns=2");
  EXPECT_THAT(read.error, AllOf(HasSubstr("stream 2, word 0"), HasSubstr("stretch 1 of task 1")));
}

TEST(ReaderDamage, IdsThatNoTraceOfThisLengthHas) {
  EXPECT_THAT(ReadAll(std::string(kMain) + "lock 4000000000 v1").error, HasSubstr("ids are dense"));
  EXPECT_THAT(ReadAll(std::string(kMain) + "read 4000000000").error, HasSubstr("ids are dense"));
  EXPECT_THAT(ReadAll(std::string(kMain) + "spawn #4000000000 kind=0 \"\"").error,
              HasSubstr("ids are dense"));
  EXPECT_THAT(ReadAll(std::string(kMain) + "lock 1 v2 for=#4000000000").error,
              HasSubstr("ids are dense"));
  EXPECT_THAT(ReadAll(std::string(kMain) + "cond-wait 2 v1 lock=4000000000").error,
              HasSubstr("ids are dense"));
}

TEST(ReaderDamage, OrdersThatContradictEachOther) {
  const Read read = ReadAll(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
object 2 v1 kind=mutex detail=0
lock 1 v3
lock 2 v2
@ 2
run #2 v0 root run=1 ns=1
lock 2 v3
lock 1 v2)");
  EXPECT_THAT(read.error,
              HasSubstr("there is no legal order: it has to come after a version of object"));
  EXPECT_THAT(read.order.lines(), SizeIs(4));
}

TEST(ReaderDamage, BehindAGapNobodyKnowsWhoseTheRecordsAre) {
  Reader reader;
  Order order;
  for (const auto& [stream, words] : Pieces(kMain)) reader.Feed(stream, words);
  reader.Gap(1);
  for (const auto& [stream, words] : Pieces(R"(@ 1
lock 1
site 7 line=1 column=1 "a.cc"
progress
run #1 run=4 ns=9
unlock 1
@ 2
run #2 v0 root run=1 ns=1
lock 1 v4)")) {
    reader.Feed(stream, words);
  }
  EXPECT_TRUE(reader.Finish(std::ref(order)).ok());
  EXPECT_EQ(reader.skipped(), 2u);
  EXPECT_TRUE(order.Precedes("#0 site 7 line=1 column=1 \"a.cc\"", "#1 run #1 run=4 ns=9"));
  EXPECT_TRUE(order.Precedes("#1 unlock 1", "#2 lock 1"));
}

}  // namespace
}  // namespace gordian::detector
