// race.data by address: each story is a bug in plain memory, its twin the same program put right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "detector/analysis/race_data.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Finding;
using detector::RaceData;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kAt = 0x7f12'3456'7000;

TEST(RaceMemory, TwoTasksWriteOneWord) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(10).MemWrite(kAt, 4);
  y.At(20).MemWrite(kAt, 4);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title,
            "Data race on 4 bytes at 0x7f1234567000: \"x\" writes it while \"y\" writes it");
  EXPECT_EQ(found[0].tasks[0].at, 10u);
  EXPECT_EQ(found[0].tasks[1].at, 20u);
  EXPECT_EQ(found[0].objects[0].address, kAt);
}

TEST(RaceMemory, TwinOneLockOrdersThem) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu).MemWrite(kAt, 4).Unlock(mu);
  y.Lock(mu).MemRead(kAt, 4).MemWrite(kAt, 4).Unlock(mu);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceMemory, BothSidesSayWhatTheyHold) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu"), other = t.Mutex("other");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(1).Lock(mu).At(2).Lock(other).MemWrite(kAt, 8).Unlock(other).Unlock(mu);
  y.MemRead(kAt, 8);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].tasks[0].held, SizeIs(2));
  EXPECT_EQ(found[0].tasks[0].held[0].site, 1u);
  EXPECT_EQ(found[0].tasks[0].held[1].site, 2u);
  EXPECT_THAT(found[0].tasks[1].held, IsEmpty());
}

TEST(RaceMemory, TheSecondSideSaysWhatItHoldsToo) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.MemWrite(kAt, 8);
  y.At(1).Lock(mu).MemWrite(kAt, 8).Unlock(mu);
  z.At(2).Lock(mu).MemRead(kAt + 16, 8).Unlock(mu);
  x.MemWrite(kAt + 16, 8);
  for (const Finding& finding : Play<RaceData>(t)) {
    std::size_t held = 0;
    for (const auto& task : finding.tasks) held += task.held.size();
    EXPECT_EQ(held, 1u) << finding.title;
  }
}

TEST(RaceMemory, TwinNeighboursInOneWordAreTwoVariables) {
  for (const std::uint32_t bytes : {1u, 2u, 4u}) {
    TraceBuilder t;
    TaskTrace x = t.Task("x"), y = t.Task("y");
    x.MemWrite(kAt, bytes);
    y.MemWrite(kAt + bytes, bytes);
    x.MemRead(kAt, bytes);
    EXPECT_THAT(Play<RaceData>(t), IsEmpty()) << bytes;
  }
}

TEST(RaceMemory, AByteOfAWordThatAnotherTaskWrites) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWrite(kAt, 8);
  y.MemRead(kAt + 5, 1);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].objects[0].address, kAt + 5);
  EXPECT_EQ(found[0].objects[0].bytes, 1u);
}

TEST(RaceMemory, AnUnalignedAccessAcrossTwoPages) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y"), z = t.Task("z");
  x.At(1).MemWrite(kAt + 4093, 8);
  y.At(2).MemWrite(kAt + 4096 + 4, 1);
  z.At(3).MemWrite(kAt + 4096 + 5, 1);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].tasks[1].at, 2u);
}

TEST(RaceMemory, AnElementOfASweptArray) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWriteRange(kAt, 8, 8, 1'000'000);
  y.MemRead(kAt + 8 * 777'777, 8);
  EXPECT_THAT(Play<RaceData>(t), SizeIs(1));
}

TEST(RaceMemory, TwinHalvesOfAnArray) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWriteRange(kAt, 8, 8, 1003);
  y.MemWriteRange(kAt + 8 * 1003, 8, 8, 1003);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceMemory, TwinColumnsOfOneMatrix) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWriteRange(kAt, 4, 512, 512);
  y.MemWriteRange(kAt + 4, 4, 512, 512);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
  y.MemRead(kAt + 511 * 512, 4);
  EXPECT_THAT(Play<RaceData>(t), SizeIs(1));
}

TEST(RaceMemory, AReaderAmongManyThatTheWriterDoesNotKnow) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace w = t.Task("w"), a = t.Task("a"), b = t.Task("b");
  a.At(1).MemRead(kAt, 8);
  b.At(2).MemRead(kAt, 8);
  b.Lock(mu).Unlock(mu);
  w.Lock(mu).At(3).MemWrite(kAt, 8).Unlock(mu);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].tasks[0].at, 1u);
}

TEST(RaceMemory, UseThatNothingOrdersWithTheFree) {
  TraceBuilder t;
  const ObjectId heap = t.Object(ObjectKind::kMemory, "", 0);
  t.Main().At(5).Alloc(heap, kAt, 64);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(1).Free(heap, kAt);
  y.At(2).MemRead(kAt + 8, 4);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title,
            "Data race on bytes 8 to 11 of a heap block of 64 bytes: \"x\" frees it while \"y\" "
            "reads it");
  EXPECT_EQ(found[0].objects[0].created_at, 5u);
  EXPECT_THAT(found[0].advice[0], HasSubstr("only when \"y\" is done with it"));
}

TEST(RaceMemory, TwinTheUserIsWaitedForBeforeTheFree) {
  TraceBuilder t;
  const ObjectId heap = t.Object(ObjectKind::kMemory, "", 0);
  t.Main().Alloc(heap, kAt, 64);
  TaskTrace y = t.Task("y");
  y.MemWrite(kAt + 8, 4).End();
  t.Main().Join(y).Free(heap, kAt);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceMemory, TwinAReusedBlockIsANewVariable) {
  TraceBuilder t;
  const ObjectId heap = t.Object(ObjectKind::kMemory, "", 0);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Alloc(heap, kAt, 48).MemWriteRange(kAt, 8, 8, 6).Free(heap, kAt, 48);
  y.Alloc(heap, kAt + 16, 16).MemWriteRange(kAt + 16, 8, 8, 2);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

// What the allocator's lock orders is luck: two threads that end one after the other would never
// race.
TEST(RaceMemory, AReusedBlockOrdersNothingElse) {
  TraceBuilder t;
  const ObjectId heap = t.Object(ObjectKind::kMemory, "", 0);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWrite(kAt + 4096, 8).Alloc(heap, kAt, 64).Free(heap, kAt, 64);
  y.Alloc(heap, kAt, 64).MemRead(kAt + 4096, 8);
  EXPECT_THAT(Play<RaceData>(t), SizeIs(1));
}

TEST(RaceMemory, TwinAStackThatAnotherThreadHadBefore) {
  TraceBuilder t;
  const ObjectId stacks = t.Object(ObjectKind::kMemory, "", 0);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.StackBegin(stacks, kAt, 8192).MemWrite(kAt + 8000, 8).StackEnd(stacks, kAt, 8192).End();
  y.StackBegin(stacks, kAt, 8192).MemWrite(kAt + 8000, 8);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceMemory, AVariableOnAnothersStack) {
  TraceBuilder t;
  const ObjectId stacks = t.Object(ObjectKind::kMemory, "", 0);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.StackBegin(stacks, kAt, 8192).MemWrite(kAt + 8000, 8);
  y.MemRead(kAt + 8000, 8);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].title, HasSubstr("a variable on the stack of \"x\""));
}

TEST(RaceMemory, AnAtomicThatOneTaskReadsPlainly) {
  TraceBuilder t;
  const ObjectId flag = t.Atomic("flag");
  t.Main().LiesAt(flag, kAt, 4);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Store(flag);
  y.MemRead(kAt, 4);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].title, "Data race on flag: \"x\" atomically writes it while \"y\" reads it");
  EXPECT_THAT(found[0].advice[0], HasSubstr("Make the access of \"y\" atomic too"));
}

TEST(RaceMemory, TwinAtomicAccessesDoNotRace) {
  TraceBuilder t;
  const ObjectId flag = t.Atomic("flag");
  t.Main().LiesAt(flag, kAt, 4);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Store(flag, 0);
  y.Load(flag, 0).Rmw(flag, 0).Store(flag, 0);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

// The plain first write comes before whoever acquires the flag, in the very access that acquires
// it.
TEST(RaceMemory, TwinAnAtomicThatWasMadePlainly) {
  TraceBuilder t;
  const ObjectId flag = t.Atomic("flag");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWrite(kAt, 4).LiesAt(flag, kAt, 4).Store(flag, 3);
  y.Load(flag, 2);
  EXPECT_THAT(Play<RaceData>(t), IsEmpty());
}

TEST(RaceMemory, ARelaxedFlagOrdersNothing) {
  TraceBuilder t;
  const ObjectId flag = t.Atomic("flag");
  t.Main().LiesAt(flag, kAt, 4);
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWrite(kAt + 64, 8).Store(flag, 0);
  y.Load(flag, 0).MemRead(kAt + 64, 8);
  EXPECT_THAT(Play<RaceData>(t), SizeIs(1));
}

TEST(RaceMemory, OneBugInALoopOverManyElementsIsOneFinding) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  for (std::uint64_t i = 0; i < 100; ++i) x.At(1).MemWrite(kAt + 8 * i, 8);
  for (std::uint64_t i = 0; i < 100; ++i) y.At(2).MemWrite(kAt + 8 * i, 8);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].count, 100u);
}

class OneName : public detector::DataNames {
 public:
  std::optional<detector::DataSymbol> DataAt(std::uint64_t address) override {
    if (address < kAt || address >= kAt + 40) return std::nullopt;
    return detector::DataSymbol{.name = "table", .offset = address - kAt, .bytes = 40};
  }
  std::optional<detector::DataDefinition> DefinitionAt(std::uint64_t) override {
    return detector::DataDefinition{.file = "src/table.cc", .line = 7};
  }
};

TEST(RaceMemory, AGlobalGoesByItsName) {
  TraceBuilder t;
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.MemWrite(kAt + 8, 4);
  y.MemWrite(kAt + 8, 4);
  OneName names;
  RaceData analysis(&names);
  const std::vector<Finding> found = Play(t, analysis);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].title, HasSubstr("Data race on table (bytes 8 to 11 of 40): "));
  EXPECT_THAT(found[0].summary, HasSubstr("table is defined at table.cc:7."));
  EXPECT_EQ(found[0].identity[0], "table");
}

TEST(RaceMemory, ManyRecordsAreForgottenAndTheRaceIsNot) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(1).MemWrite(kAt, 8);
  for (std::uint64_t i = 0; i < 150'000; ++i) {
    x.Lock(mu).At(2).MemWrite(kAt + 64 + 8 * (i % 32), 8).Unlock(mu);
  }
  y.At(3).MemRead(kAt, 8);
  const std::vector<Finding> found = Play<RaceData>(t);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].tasks[0].at, 1u);
  EXPECT_EQ(found[0].tasks[1].at, 3u);
}

}  // namespace
}  // namespace gordian::testing
