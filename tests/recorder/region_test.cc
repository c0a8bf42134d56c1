#include "instrument/recorder/region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

#include "instrument/recorder/live_file.h"
#include "instrument/recorder/region_reader.h"

namespace gordian::recorder {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Streams = std::map<trace::StreamId, std::vector<std::uint64_t>>;

Region SharedRegion(std::uint32_t chunks) {
  const int fd = MakeSharedMemory("test-region", 0);
  std::optional<Region> region = Region::Create(fd, chunks, Backing::kSharedMemory);
  close(fd);
  return std::move(*region);
}

void Append(Chunk& chunk, std::uint64_t word) {
  const std::uint64_t at = chunk.header.committed.load();
  chunk.words[at] = word;
  chunk.header.committed.store(at + 1, std::memory_order_release);
}

void Fill(RegionSink& sink, Chunk& chunk) {
  chunk.header.state.store(ChunkState::kFull, std::memory_order_release);
  sink.Give(&chunk);
}

RegionReader::Take Into(Streams& streams) {
  return [&streams](trace::StreamId stream, std::span<const std::uint64_t> words) {
    streams[stream].insert(streams[stream].end(), words.begin(), words.end());
  };
}

TEST(RegionTest, HandsOverEachWordOnceAndInOrder) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(4), &doorbell);
  RegionReader reader(&sink.region(), /*recycle=*/true);
  Chunk* first = sink.Take(7, 0);
  Append(*first, 1);
  Append(*first, 2);

  Streams streams;
  reader.Drain(DrainKind::kFull, Into(streams));
  EXPECT_THAT(streams, IsEmpty()) << "the chunk is still being written";
  reader.Drain(DrainKind::kPresent, Into(streams));
  EXPECT_THAT(streams, ElementsAre(Pair(7, ElementsAre(1, 2))));

  Append(*first, 3);
  Fill(sink, *first);
  Append(*sink.Take(7, 1), 4);
  reader.Drain(DrainKind::kPresent, Into(streams));
  EXPECT_THAT(streams, ElementsAre(Pair(7, ElementsAre(1, 2, 3, 4))));
  EXPECT_EQ(doorbell.rung.load(), 1u);
}

TEST(RegionTest, DrainedChunksComeBack) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(2), &doorbell);
  RegionReader reader(&sink.region(), /*recycle=*/true);
  Streams streams;
  for (std::uint64_t i = 0; i < 20; ++i) {
    Chunk* chunk = sink.Take(1, i);
    ASSERT_NE(chunk, nullptr);
    Append(*chunk, i);
    Fill(sink, *chunk);
    reader.Drain(DrainKind::kFull, Into(streams));
  }
  EXPECT_EQ(streams[1].size(), 20u);
  EXPECT_LE(sink.region().made(), 2u);
}

// A chunk whose predecessor has not been seen full waits for it.
TEST(RegionTest, NeverOvertakesWithinAStream) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(4), &doorbell);
  RegionReader reader(&sink.region(), /*recycle=*/true);
  Chunk* first = sink.Take(1, 0);
  Chunk* second = sink.Take(1, 1);
  Append(*first, 1);
  Append(*second, 2);
  Fill(sink, *second);
  Streams streams;
  reader.Drain(DrainKind::kFull, Into(streams));
  EXPECT_THAT(streams, IsEmpty());
  Fill(sink, *first);
  reader.Drain(DrainKind::kFull, Into(streams));
  EXPECT_THAT(streams, ElementsAre(Pair(1, ElementsAre(1, 2))));
}

TEST(RegionTest, WithoutASupervisorTakeGivesUpAndCounts) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(1), &doorbell);
  ASSERT_NE(sink.Take(1, 0), nullptr);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(sink.Take(2, 0), nullptr);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  const auto again = std::chrono::steady_clock::now();
  EXPECT_EQ(sink.Take(2, 0), nullptr) << "the second time nobody waits";
  EXPECT_LT(std::chrono::steady_clock::now() - again, std::chrono::milliseconds(500));
  EXPECT_EQ(UntoldLoss(sink.region()), 2u);
}

TEST(RegionTest, AWriterWaitsForASupervisorThatLives) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(1), &doorbell);
  Fill(sink, *sink.Take(1, 0));
  std::thread supervisor([&sink] {
    RegionReader reader(&sink.region(), /*recycle=*/true);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    reader.Drain(DrainKind::kFull, [](trace::StreamId, std::span<const std::uint64_t>) {});
  });
  EXPECT_NE(sink.Take(1, 1), nullptr);
  supervisor.join();
}

TEST(RegionTest, DamagedHeadersAreBounded) {
  Doorbell doorbell;
  RegionSink sink(SharedRegion(2), &doorbell);
  Chunk* chunk = sink.Take(1, 99);
  chunk->header.committed.store(~std::uint64_t{0});
  sink.region().header().made.store(~0u);
  std::size_t words = 0;
  RegionReader(&sink.region(), /*recycle=*/true)
      .Drain(DrainKind::kLast, [&words](trace::StreamId, std::span<const std::uint64_t> span) {
        words += span.size();
      });
  EXPECT_EQ(words, kChunkWords);
}

class LiveFileTest : public testing::Test {
 protected:
  LiveFileTest() { std::filesystem::create_directories(directory_); }
  ~LiveFileTest() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) / ("live-" + std::to_string(getpid()));
  const std::string trace_ = directory_ / "a.gtrace";
};

TEST_F(LiveFileTest, BecomesATraceAtTheEnd) {
  std::unique_ptr<RegionSink> sink;
  auto file = LiveFile::Open(trace_, 16 << 20, sink);
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(IsLiveFile(trace_ + ".live"));
  Append(*sink->Take(1, 0), 0x99);
  file->Seal(sink->region());
  EXPECT_TRUE(std::filesystem::exists(trace_));
  EXPECT_FALSE(std::filesystem::exists(trace_ + ".live"));
}

TEST_F(LiveFileTest, WhatAKilledProgramLeftCanBeSealed) {
  std::unique_ptr<RegionSink> sink;
  auto file = LiveFile::Open(trace_, 16 << 20, sink);
  Append(*sink->Take(1, 0), 0x99);
  EXPECT_EQ(SealLiveFile(trace_ + ".live", trace_), "");
  EXPECT_TRUE(std::filesystem::exists(trace_));
  EXPECT_NE(SealLiveFile(directory_ / "missing.live", trace_), "");
}

TEST_F(LiveFileTest, ItsLimitIsKeptAndTheLossCounted) {
  std::unique_ptr<RegionSink> sink;
  auto file = LiveFile::Open(trace_, 2 * kChunkBytes, sink);
  EXPECT_NE(sink->Take(1, 0), nullptr);
  EXPECT_NE(sink->Take(2, 0), nullptr);
  EXPECT_EQ(sink->Take(3, 0), nullptr);
  EXPECT_EQ(UntoldLoss(sink->region()), 1u);
}

// Past RLIMIT_FSIZE the kernel would kill the program with SIGXFSZ.
TEST_F(LiveFileTest, AFileSizeLimitIsRespected) {
  std::unique_ptr<RegionSink> sink;
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit tight = old;
  tight.rlim_cur = 2 * kChunkBytes;
  setrlimit(RLIMIT_FSIZE, &tight);
  auto file = LiveFile::Open(trace_, 16 << 20, sink);
  EXPECT_NE(sink->Take(1, 0), nullptr);
  EXPECT_EQ(sink->Take(2, 0), nullptr);
  setrlimit(RLIMIT_FSIZE, &old);
}

TEST_F(LiveFileTest, AnUnwritablePathRecordsNothing) {
  std::unique_ptr<RegionSink> sink;
  EXPECT_EQ(LiveFile::Open("/nonexistent/directory/a.gtrace", 16 << 20, sink), nullptr);
  EXPECT_EQ(sink, nullptr);
}

}  // namespace
}  // namespace gordian::recorder
