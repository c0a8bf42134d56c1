// Random accesses to a few bytes: the shadow memory against a list of all accesses to each byte.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "detector/analysis/race_data.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Access;
using detector::AccessKind;
using trace::Event;

constexpr std::uint64_t kAt = 0x5000'0000'0ff0;  // a page ends behind the first 16 bytes
constexpr std::uint64_t kBytes = 160;

class RandomMemory {
 public:
  explicit RandomMemory(std::uint32_t seed) : random_(seed) {
    const ObjectId heap = t.Object(ObjectKind::kMemory, "", 0);
    const ObjectId flag = t.Atomic("flag");
    const ObjectId mutexes[] = {t.Mutex("a"), t.Mutex("b")};
    t.Main().LiesAt(flag, kAt + 32, 4);
    std::vector<TaskTrace> tasks = {t.Main(), t.Task("x"), t.Task("y")};
    const std::uint64_t steps = 6 + Pick(40);
    const bool exact = Pick(2) == 0;
    while (t.events().size() < steps + 8) {
      TaskTrace task = tasks[Pick(tasks.size())];
      // Narrow accesses that often meet, or wide ones.
      const std::uint32_t bytes = std::uint32_t{1} << Pick(4);
      const std::uint64_t at = kAt + Pick(kBytes - 8);
      switch (Pick(12)) {
        case 0:
          task.MemWriteRange(kAt, 1, 1, kBytes);
          break;
        case 1:
          task.MemReadRange(kAt + 2 * Pick(8), bytes, bytes + Pick(8), 1 + Pick(8));
          break;
        case 2:
          task.MemWriteRange(kAt + 2 * Pick(8), bytes, bytes, 1 + Pick(8));
          break;
        case 3:
          task.Alloc(heap, kAt, 8 * (1 + Pick(12)));
          break;
        case 4:
          task.Free(heap, kAt, 8 * (1 + Pick(12)));
          break;
        case 5:
          if (exact) task.Exact();
          Pick(2) == 0 ? task.Load(flag, Pick(2) == 0 ? 0 : 2) : task.Rmw(flag, 4);
          break;
        case 6:
          if (exact) task.Exact();
          task.Store(flag, Pick(2) == 0 ? 0 : 3);
          break;
        case 7:
          task.MemRead(kAt + 32, 4);
          break;
        case 8:
        case 9: {
          const ObjectId mutex = mutexes[Pick(2)];
          task.Lock(mutex).Unlock(mutex);
          break;
        }
        default:
          Pick(3) == 0 ? task.MemWrite(at, bytes) : task.MemRead(at, bytes);
      }
    }
  }

  TraceBuilder t;

 private:
  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  std::mt19937 random_;
};

// Every pair of accesses to one byte since it was last allocated, by brute force.
class Oracle {
 public:
  explicit Oracle(const std::vector<Event>& events) {
    for (const Event& event : events) {
      const std::uint32_t epoch = model_.Epoch(event.task);
      // An atomic access comes after what it acquires.
      if (event.type == EventType::kAtomicLoad || event.type == EventType::kAtomicRmw) {
        model_.Apply(event);
        Take(event, epoch);
      } else {
        Take(event, epoch);
        model_.Apply(event);
      }
    }
  }

  bool racy() const { return !pairs_.empty(); }
  bool Races(std::uint64_t first, std::uint64_t second) const {
    return pairs_.contains({first, second});
  }

 private:
  void Take(const Event& event, std::uint32_t epoch) {
    const std::uint64_t address = event.args[0];
    Access a;
    a.seq = event.seq;
    a.task = event.task;
    a.epoch = epoch;
    switch (event.type) {
      case EventType::kHeapAlloc:
        for (std::uint64_t i = 0; i < event.args[1]; ++i) bytes_[address + i].clear();
        return;
      case EventType::kMemRead:
        return Touch(a, AccessKind::kRead, address, event.subject);
      case EventType::kMemWrite:
        return Touch(a, AccessKind::kWrite, address, event.subject);
      case EventType::kHeapFree:
        return Touch(a, AccessKind::kFree, address, event.args[1]);
      case EventType::kMemReadRange:
      case EventType::kMemWriteRange:
        for (std::uint64_t i = 0; i < event.args[2]; ++i) {
          Touch(a, event.type == EventType::kMemReadRange ? AccessKind::kRead : AccessKind::kWrite,
                address + i * event.args[1], event.subject);
        }
        return;
      case EventType::kAtomicLoad:
        return Touch(a, AccessKind::kAtomicRead, kAt + 32, 4);
      case EventType::kAtomicStore:
      case EventType::kAtomicRmw:
        return Touch(a, AccessKind::kAtomicWrite, kAt + 32, 4);
      default:
        return;
    }
  }

  void Touch(Access a, AccessKind kind, std::uint64_t address, std::uint64_t bytes) {
    a.kind = kind;
    for (std::uint64_t i = 0; i < bytes; ++i) {
      std::vector<Access>& all = bytes_[address + i];
      for (const Access& b : all) {
        if (a.ConflictsWith(b) && !model_.HappenedBefore(b.task, b.epoch, a.task)) {
          pairs_[{b.seq, a.seq}] = true;
        }
      }
      all.push_back(a);
    }
  }

  detector::Model model_;
  std::map<std::uint64_t, std::vector<Access>> bytes_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> pairs_;
};

TEST(RaceMemoryOracle, RacesAreThoseOfTheBytes) {
  std::size_t racy = 0, clean = 0;
  for (std::uint32_t seed = 0; seed < 4'000; ++seed) {
    const RandomMemory random(seed);
    const Oracle oracle(random.t.events());
    const std::vector<detector::Finding> found = Play<detector::RaceData>(random.t);
    ASSERT_EQ(!found.empty(), oracle.racy()) << "seed " << seed;
    for (const detector::Finding& finding : found) {
      ASSERT_GE(finding.evidence.size(), 2u);
      ASSERT_TRUE(oracle.Races(finding.evidence[0].seq, finding.evidence[1].seq))
          << "seed " << seed << ": " << finding.title;
    }
    ++(oracle.racy() ? racy : clean);
  }
  EXPECT_GT(racy, 500u);
  EXPECT_GT(clean, 100u);
}

}  // namespace
}  // namespace gordian::testing
