// Random programs, executed by a tiny simulator that writes what a recorder would;
// cut into streams, fed in random pieces, and checked against the rules of FORMAT.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "detector/reader/reader.h"
#include "instrument/trace/decoder.h"
#include "instrument/trace/encoder.h"
#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Words;
using trace::Event;
using trace::EventType;
using trace::ObjectId;
using trace::StreamId;
using trace::TaskId;
using trace::Version;

// Executes a random program on a few threads. What each thread writes is its stream.
class Simulator {
 public:
  explicit Simulator(unsigned seed) : random_(seed), threads_(2 + Pick(4)) {
    for (StreamId id = 1; id <= threads_.size(); ++id) threads_[id - 1].id = id;
    tasks_.resize(2);
    runnable_.push_back(1);
    for (int step = 0; step < 600; ++step) Step(threads_[Pick(threads_.size())]);
  }

  struct Thread {
    StreamId id = 0;
    TaskId task = 0;
    Words words;
  };
  const std::vector<Thread>& threads() const { return threads_; }
  std::size_t records() const { return records_; }

 private:
  struct Task {
    std::uint64_t runs = 0;
    ObjectId waits_on = 0;
    bool ended = false;
  };
  struct Object {
    Version version = 0;
    StreamId last = 0;
  };

  std::size_t Pick(std::size_t n) { return random_() % n; }

  void Write(Thread& thread, Event event, bool wide = false) {
    trace::Encode(event, thread.words, wide);
    ++records_;
  }

  void WriteOrdered(Thread& thread, EventType type, ObjectId id, TaskId for_task = 0) {
    Object& object = objects_[id];
    Event event{.type = type, .subject = id};
    ++object.version;
    if (object.last != thread.id || for_task != 0 || Pick(3) == 0) event.version = object.version;
    if (for_task != 0) {
      event.flags = trace::kFlagFor;
      event.task = for_task;
    }
    object.last = thread.id;
    Write(thread, event);
  }

  void Step(Thread& thread) {
    if (Pick(10) == 0) {
      return Write(thread, {.type = EventType::kTime, .args = {Pick(5) == 0 ? Pick(900) : ++now_}});
    }
    if (thread.task == 0) return Switch(thread);
    switch (Pick(12)) {
      case 0:
        return Spawn(thread);
      case 1:
        return Park(thread);
      case 2:
      case 3:
        return Complete(thread);
      case 4:
        return Yield(thread);
      case 5:
        return End(thread);
      case 6:
        return Observe(thread);
      case 7:
        return Write(thread, {.type = EventType::kWrite, .subject = AnyObject(thread)});
      case 8:
        return Join(thread);
      default:
        return WriteOrdered(thread, EventType::kAtomicRmw, AnyObject(thread));
    }
  }

  ObjectId AnyObject(Thread& thread) {
    const ObjectId id = static_cast<ObjectId>(1 + Pick(4));
    if (objects_[id].version == 0) WriteOrdered(thread, EventType::kObjectBegin, id);
    return id;
  }

  void Switch(Thread& thread) {
    if (runnable_.empty()) return;
    std::swap(runnable_[Pick(runnable_.size())], runnable_.back());
    thread.task = runnable_.back();
    runnable_.pop_back();
    Write(thread, {.type = EventType::kTaskRun,
                   .subject = thread.task,
                   .args = {++tasks_[thread.task].runs, ++now_}});
  }

  void Spawn(Thread& thread) {
    const auto child = static_cast<TaskId>(tasks_.size());
    tasks_.emplace_back();
    Write(thread, {.type = EventType::kTaskSpawn, .subject = child, .text = "child"});
    runnable_.push_back(child);
  }

  void Leave(Thread& thread) {
    if (Pick(2) == 0) {
      Write(thread, {.type = EventType::kTaskStop, .subject = thread.task, .args = {++now_}});
    }
    thread.task = 0;
  }

  void Park(Thread& thread) {
    const ObjectId id = AnyObject(thread);
    Write(thread,
          {.type = EventType::kWaitGroupRequest, .subject = id, .version = objects_[id].version});
    tasks_[thread.task].waits_on = id;
    waiting_.insert(thread.task);
    Leave(thread);
  }

  void Complete(Thread& thread) {
    if (waiting_.empty()) return;
    const TaskId task = *std::next(waiting_.begin(), static_cast<long>(Pick(waiting_.size())));
    const ObjectId id = tasks_[task].waits_on;
    WriteOrdered(thread, EventType::kWaitGroupAdd, id);
    Write(thread, {.type = EventType::kWaitGroupWait,
                   .flags = trace::kFlagFor,
                   .subject = id,
                   .version = objects_[id].version,
                   .task = task});
    waiting_.erase(task);
    runnable_.push_back(task);
  }

  void Yield(Thread& thread) {
    runnable_.push_back(thread.task);
    Leave(thread);
  }

  void End(Thread& thread) {
    if (thread.task == 1) return;
    Write(thread, {.type = EventType::kTaskEnd, .subject = thread.task});
    tasks_[thread.task].ended = true;
    Leave(thread);
  }

  void Observe(Thread& thread) {
    const ObjectId id = AnyObject(thread);
    const Version version = objects_[id].version - Pick(std::min<Version>(objects_[id].version, 3));
    Write(thread, {.type = EventType::kAtomicLoad, .subject = id, .version = version});
  }

  void Join(Thread& thread) {
    for (TaskId id = 2; id < tasks_.size(); ++id) {
      if (!tasks_[id].ended || Pick(2) == 0) continue;
      return Write(thread, {.type = EventType::kTaskJoin, .subject = id});
    }
  }

  std::mt19937 random_;
  std::vector<Thread> threads_;
  std::vector<Task> tasks_;
  std::map<ObjectId, Object> objects_;
  std::vector<TaskId> runnable_;
  std::set<TaskId> waiting_;
  std::size_t records_ = 0;
  std::uint64_t now_ = 1;
};

// The rules, checked one event at a time, slowly and obviously.
class Rules {
 public:
  void operator()(const Event& event) {
    ASSERT_EQ(event.seq, ++seq_);
    ASSERT_GE(event.offset, next_offset_[event.stream]) << "streams keep their order";
    next_offset_[event.stream] = event.offset + 1;
    if (event.type == EventType::kTaskRun) {
      Run(event);
    } else if (event.actor != 0 && event.type != EventType::kTime) {
      ASSERT_EQ(runs_on_[event.actor], event.stream);
    }
    CheckVersion(event);
    CheckTasks(event);
  }

 private:
  void Run(const Event& event) {
    const TaskId task = event.subject;
    ASSERT_EQ(event.args[0], ++runs_[task]) << "stretches keep their order";
    ASSERT_TRUE(task == 1 || spawned_.contains(task));
    runs_on_[task] = event.stream;
  }

  void CheckVersion(const Event& event) {
    const trace::Order order = trace::Spec(event.type).order;
    if (order == trace::Order::kOrdered) {
      ASSERT_EQ(event.version, ++versions_[event.subject]);
    } else if (order == trace::Order::kObserved) {
      ASSERT_LE(event.version, versions_[event.subject]);
    }
  }

  void CheckTasks(const Event& event) {
    switch (event.type) {
      case EventType::kTaskSpawn:
        spawned_.insert(event.subject);
        break;
      case EventType::kTaskEnd:
        ended_.insert(event.subject);
        break;
      case EventType::kTaskJoin:
        ASSERT_TRUE(ended_.contains(event.subject));
        break;
      case EventType::kWaitGroupRequest:
        waiting_.insert(event.task);
        break;
      case EventType::kWaitGroupWait:
        ASSERT_TRUE(waiting_.contains(event.task)) << "a completion answers a request";
        waiting_.erase(event.task);
        break;
      case EventType::kTaskRun:
      case EventType::kTaskStop:
      case EventType::kTime:
        break;
      default:
        ASSERT_FALSE(waiting_.contains(event.task)) << "a waiting task does nothing";
    }
  }

  std::uint64_t seq_ = 0;
  std::map<StreamId, std::uint64_t> next_offset_;
  std::map<TaskId, std::uint64_t> runs_;
  std::map<TaskId, StreamId> runs_on_;
  std::map<ObjectId, Version> versions_;
  std::set<TaskId> spawned_, ended_, waiting_;
};

class RandomTraces : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomTraces, ::testing::Range(0u, 200u));

TEST_P(RandomTraces, ComeOutInALegalOrder) {
  const Simulator program(GetParam());
  Rules rules;
  Reader reader;
  std::mt19937 random(GetParam());
  std::vector<std::size_t> fed(program.threads().size(), 0);
  for (std::size_t left = fed.size(); left > 0;) {
    const std::size_t i = random() % fed.size();
    const auto& thread = program.threads()[i];
    if (fed[i] == thread.words.size()) {
      left = static_cast<std::size_t>(
          std::count_if(program.threads().begin(), program.threads().end(),
                        [&](const auto& t) { return fed[t.id - 1] < t.words.size(); }));
      continue;
    }
    const std::size_t piece =
        std::min<std::size_t>(1 + random() % 200, thread.words.size() - fed[i]);
    reader.Feed(thread.id, {thread.words.data() + fed[i], piece});
    fed[i] += piece;
    if (random() % 3 == 0) ASSERT_TRUE(reader.Drain(std::ref(rules)).ok());
  }
  const absl::Status status = reader.Settle(std::ref(rules));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(reader.events(), program.records()) << "without the help of Finish()";
  ASSERT_TRUE(reader.Finish(std::ref(rules)).ok());
  EXPECT_EQ(reader.events(), program.records());
  EXPECT_TRUE(reader.missing().empty());
}

// Whatever is missing, nothing breaks, and what is there comes out.
TEST_P(RandomTraces, ComeOutInSomeOrderWhenCut) {
  const Simulator program(GetParam());
  std::mt19937 random(GetParam());
  Reader reader;
  std::size_t fed = 0;
  for (const auto& thread : program.threads()) {
    // Whole records only, as a killed program leaves them.
    std::size_t at = 0;
    Event event;
    const std::size_t cut = random() % (thread.words.size() + 1);
    while (at < cut) {
      at +=
          trace::Decode(&thread.words[at], thread.words.data() + thread.words.size(), event).words;
      ++fed;
    }
    reader.Feed(thread.id, {thread.words.data(), at});
  }
  std::uint64_t seen = 0;
  const absl::Status status = reader.Finish([&](const Event&) { ++seen; });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, fed);
}

}  // namespace
}  // namespace gordian::detector
