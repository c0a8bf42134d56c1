// The hooks, word by word: what a thread's stream holds after they ran.
#include "instrument/recorder/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

#include "instrument/recorder/session.h"

namespace gordian::recorder {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::uint64_t>;

class RecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Start(&sink_));
    Drain();  // process, modules
  }
  void TearDown() override { Stop(); }

  std::map<StreamId, Words> Drain() {
    std::map<StreamId, Words> streams;
    sink_.Drain([&](StreamId stream, std::span<const std::uint64_t> words) {
      streams[stream].insert(streams[stream].end(), words.begin(), words.end());
    });
    return streams;
  }

  MemorySink sink_;
};

TEST_F(RecorderTest, AnUncontendedLockAndUnlockAreOneWordEach) {
  Tracked mutex;
  Register(mutex, ObjectKind::kMutex, 0, 0);
  ThreadLog& log = Log();
  Ordered(log, mutex, EventType::kLock, 7);    // after ObjectBegin: wide
  Ordered(log, mutex, EventType::kUnlock, 8);  // narrow
  Ordered(log, mutex, EventType::kLock, 7);    // narrow
  const ObjectId id = mutex.id;

  const auto streams = Drain();
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_THAT(streams.begin()->second,
              ElementsAre(trace::Head(EventType::kObjectBegin, true, 0, id), trace::Ext(1, 0),
                          static_cast<std::uint64_t>(ObjectKind::kMutex), 0,
                          trace::Head(EventType::kLock, true, 7, id), trace::Ext(2, 0),
                          trace::Head(EventType::kUnlock, false, 8, id),
                          trace::Head(EventType::kLock, false, 7, id)));
}

TEST_F(RecorderTest, AnotherThreadsVersionMakesTheNextRecordWide) {
  Tracked mutex;
  Register(mutex, ObjectKind::kMutex, 0, 0);
  Ordered(Log(), mutex, EventType::kLock, 0);
  std::thread([&] { Ordered(Log(), mutex, EventType::kUnlock, 0); }).join();
  Drain();
  Ordered(Log(), mutex, EventType::kLock, 0);
  EXPECT_THAT(Drain().begin()->second,
              ElementsAre(trace::Head(EventType::kLock, true, 0, mutex.id), trace::Ext(4, 0)));
}

TEST_F(RecorderTest, ACompletionForAnotherTaskCarriesItsId) {
  Tracked channel;
  Register(channel, ObjectKind::kChan, 3, 0);
  Drain();
  OrderedWide(Log(), channel, EventType::kChanRecv, 5,
              {.flags = trace::kFlagSelect, .for_task = 9});
  EXPECT_THAT(Drain().begin()->second,
              ElementsAre(trace::Head(EventType::kChanRecv, true, 5, channel.id),
                          trace::Ext(2, trace::kFlagSelect | trace::kFlagFor), 9));
}

TEST_F(RecorderTest, TextIsPaddedWithZeros) {
  LocalText(Log(), EventType::kTaskName, 4, 0, "ninechars");
  const Words words = Drain().begin()->second;
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[1], 9u);
  EXPECT_EQ(words[3], static_cast<std::uint64_t>('s'));
}

TEST_F(RecorderTest, ASiteIsDefinedOnceAndKeepsItsId) {
  const auto here = std::source_location::current();
  const SiteId first = Log().Site(here);
  const Words words = Drain().begin()->second;
  EXPECT_EQ(trace::TypeOf(words[0]), EventType::kSite);
  EXPECT_EQ(trace::SubjectOf(words[0]), first);
  EXPECT_EQ(words[1], here.line());
  EXPECT_EQ(Log().Site(here), first);
  std::thread([&] { EXPECT_EQ(Log().Site(here), first); }).join();
  EXPECT_TRUE(Drain().empty());
}

TEST_F(RecorderTest, StacksThatDifferInAnyFrameHaveDifferentIds) {
  const std::uintptr_t shallow[] = {0x10}, deep[] = {0x10, 0x20}, deeper[] = {1, 2, 3, 4, 5};
  const SiteId id = Log().Stack(deep);
  EXPECT_NE(Log().Stack(shallow), id);
  EXPECT_NE(Log().Stack(deeper), id);
  EXPECT_EQ(Log().Stack(deep), id);
  std::thread([&] { EXPECT_EQ(Log().Stack(deep), id); }).join();
}

TEST_F(RecorderTest, NothingIsLostWhenAChunkIsFull) {
  Tracked mutex;
  Register(mutex, ObjectKind::kMutex, 0, 0);
  Drain();
  constexpr int kEvents = 100'000;
  std::size_t locks = 0;
  for (int i = 0; i < kEvents; ++i) Ordered(Log(), mutex, EventType::kLock, 0);
  for (const auto& [stream, words] : Drain()) {
    for (const std::uint64_t word : words) locks += trace::TypeOf(word) == EventType::kLock;
  }
  EXPECT_GE(locks, static_cast<std::size_t>(kEvents));
}

TEST_F(RecorderTest, ALaterRecordingKnowsNoEarlierObjects) {
  Tracked mutex;
  Register(mutex, ObjectKind::kMutex, 0, 0);
  const ObjectId before = mutex.id;
  Stop();
  MemorySink second;
  ASSERT_TRUE(Start(&second));
  EXPECT_FALSE(IsRegistered(mutex));
  EnsureRegistered(mutex, ObjectKind::kMutex, 0, 0);
  EXPECT_NE(mutex.id, before);
  Stop();
  ASSERT_TRUE(Start(&sink_));
}

TEST_F(RecorderTest, ATaskThatRunsAcrossTheStartBeginsWithItsFirstStretch) {
  Stop();
  TrackedTask task{.id = NewTask()};
  for (int i = 0; i < 3; ++i) RunTask(Log(), task);
  ASSERT_TRUE(Start(&sink_));
  Local(Log(), EventType::kProgress, 0, 0);
  RunTask(Log(), task);
  const Words words = Drain().begin()->second;
  EXPECT_EQ(words[0], trace::Head(EventType::kTaskRun, false, 0, task.id));
  EXPECT_EQ(words[1], 1u);
  EXPECT_EQ(words[words.size() - 3], trace::Head(EventType::kTaskRun, false, 0, task.id));
  EXPECT_EQ(words[words.size() - 2], 2u);
  StopTask(Log());
}

TEST_F(RecorderTest, AThreadsFirstRunIsWrittenOnce) {
  TrackedTask task{.id = NewTask()};
  std::thread([&] {
    RunTask(Log(), task);
    StopTask(Log());
  }).join();
  const Words words = Drain().begin()->second;
  EXPECT_EQ(words.size(), 2u + 3u + 2u) << "time, run, stop";
  EXPECT_EQ(words[2], trace::Head(EventType::kTaskRun, false, 0, task.id));
}

// A sink that has no chunk for a while.
class DrySink : public Sink {
 public:
  Chunk* Take(StreamId stream, std::uint64_t sequence) override {
    return dry ? nullptr : memory.Take(stream, sequence);
  }
  void Give(Chunk* chunk) override { memory.Give(chunk); }

  MemorySink memory;
  bool dry = false;
};

TEST(Loss, IsCountedAndTheStretchBeginsAgain) {
  DrySink sink;
  sink.dry = true;
  TrackedTask task{.id = NewTask()};
  RunTask(Log(), task);
  ASSERT_TRUE(Start(&sink));
  sink.memory.Drain([](auto...) {});
  Local(Log(), EventType::kProgress, 0, 0);
  sink.dry = false;
  Local(Log(), EventType::kProgress, 0, 0);
  Words words;
  sink.memory.Drain([&](StreamId, std::span<const std::uint64_t> more) {
    words.insert(words.end(), more.begin(), more.end());
  });
  ASSERT_GE(words.size(), 5u);
  EXPECT_EQ(words[0], trace::Head(EventType::kTaskRun, false, 0, task.id));
  EXPECT_EQ(trace::TypeOf(words[3]), EventType::kLoss);
  EXPECT_GE(words[4], 1u);
  Stop();
  StopTask(Log());
}

TEST(ObjectLife, RegisteringRacesToOneId) {
  MemorySink sink;
  ASSERT_TRUE(Start(&sink));
  Tracked object;
  std::vector<std::thread> threads;
  std::vector<ObjectId> ids(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      EnsureRegistered(object, ObjectKind::kMutex, 0, 0);
      ids[static_cast<std::size_t>(i)] = object.id;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
  Stop();
}

}  // namespace
}  // namespace gordian::recorder
