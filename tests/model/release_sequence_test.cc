// Release sequences (C++20, [intro.races]): a random order of loads, stores, read-modify-writes and
// fences on a few atomics, loads reading values that were overwritten since, against a model that
// keeps the whole past of every event as a set.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <set>
#include <vector>

#include "detector/model/model.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

constexpr std::size_t kTasks = 4, kAtomics = 2;

using Past = std::set<std::size_t>;  // events, by their number

void Add(Past& past, const Past& more) { past.insert(more.begin(), more.end()); }

bool Acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order >= std::memory_order_acq_rel;
}
bool Releases(std::memory_order order) { return order >= std::memory_order_release; }

class Oracle {
 public:
  explicit Oracle() {
    for (auto& values : values_) values.resize(2);  // version 1 is the object's beginning
  }

  void Take(const Event& event, std::size_t number) {
    Task& task = tasks_[event.task - 1];
    task.past.insert(number);
    const auto order = static_cast<std::memory_order>(event.args[0]);
    if (event.type == EventType::kFence) {
      if (Acquires(order)) Add(task.past, task.unfenced);
      if (Releases(order)) task.at_fence = task.past;
      return;
    }
    std::vector<Past>& values = values_[event.subject - 1];
    const bool writes = event.type != EventType::kAtomicLoad;
    const Past& loaded = values[writes ? event.version - 1 : event.version];
    if (event.type != EventType::kAtomicStore) {
      Add(Acquires(order) ? task.past : task.unfenced, loaded);
    }
    if (!writes) return;
    Past value = Releases(order) ? task.past : task.at_fence;
    if (event.type == EventType::kAtomicRmw) Add(value, loaded);
    values.push_back(std::move(value));
  }

  bool Knows(std::size_t task, std::size_t number) const {
    return tasks_[task].past.contains(number);
  }
  trace::Version Last(std::uint32_t atomic) const { return values_[atomic - 1].size() - 1; }

 private:
  struct Task {
    Past past, at_fence, unfenced;
  };
  std::array<Task, kTasks> tasks_;
  std::array<std::vector<Past>, kAtomics> values_;
};

struct Numbered {
  trace::TaskId task;
  std::uint32_t epoch;
};

class RandomAtomics {
 public:
  explicit RandomAtomics(std::uint32_t seed) : random_(seed) {
    for (trace::TaskId task = 1; task <= kTasks; ++task) {
      model_.Apply({.type = EventType::kProgress, .task = task});
    }
    for (std::uint32_t atomic = 1; atomic <= kAtomics; ++atomic) {
      model_.Apply({.type = EventType::kObjectBegin,
                    .subject = atomic,
                    .version = 1,
                    .args = {static_cast<std::uint64_t>(trace::ObjectKind::kAtomic)},
                    .task = 1});
    }
  }

  // How old a value a load may see; what is older is only known to have passed on something.
  void Step(std::size_t oldest) {
    constexpr std::memory_order kLoads[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                            std::memory_order_seq_cst};
    constexpr std::memory_order kStores[] = {std::memory_order_relaxed, std::memory_order_release,
                                             std::memory_order_seq_cst};
    constexpr std::memory_order kAll[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                          std::memory_order_release, std::memory_order_acq_rel};
    Event event{.flags = trace::kFlagExact,
                .subject = 1 + static_cast<std::uint32_t>(Pick(kAtomics)),
                .task = 1 + static_cast<trace::TaskId>(Pick(kTasks))};
    std::memory_order order{};
    switch (Pick(5)) {
      case 0:
      case 1:
        event.type = EventType::kAtomicLoad;
        event.version = oracle_.Last(event.subject);
        event.version -= std::min<std::size_t>(Pick(oldest + 1), event.version - 1);
        order = kLoads[Pick(3)];
        break;
      case 2:
        event.type = EventType::kAtomicStore;
        event.version = oracle_.Last(event.subject) + 1;
        order = kStores[Pick(3)];
        break;
      case 3:
        event.type = EventType::kAtomicRmw;
        event.version = oracle_.Last(event.subject) + 1;
        order = kAll[Pick(4)];
        break;
      default:
        event = {.type = EventType::kFence, .task = event.task};
        order = kAll[1 + Pick(3)];
    }
    event.args[0] = static_cast<std::uint64_t>(order);
    oracle_.Take(event, events_.size());
    events_.push_back({event.task, model_.Epoch(event.task)});
    model_.Apply(event);
  }

  // Pairs of an event and a task that the model orders and the oracle does not, and the reverse.
  std::pair<int, int> Differences() const {
    std::pair<int, int> differences;
    for (std::size_t task = 0; task < kTasks; ++task) {
      for (std::size_t number = 0; number < events_.size(); ++number) {
        const auto [by, epoch] = events_[number];
        const bool ordered = model_.HappenedBefore(by, epoch, static_cast<trace::TaskId>(task + 1));
        const bool expected = oracle_.Knows(task, number);
        differences.first += ordered && !expected;
        differences.second += !ordered && expected;
      }
    }
    return differences;
  }

 private:
  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  std::mt19937 random_;
  Model model_;
  Oracle oracle_;
  std::vector<Numbered> events_;
};

TEST(ReleaseSequence, LoadsOfTheLastValueAreAsTheStandardSays) {
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    RandomAtomics random(seed);
    for (int i = 0; i < 30; ++i) random.Step(0);
    const auto [too_much, too_little] = random.Differences();
    ASSERT_EQ(too_little, 0) << "seed " << seed;
    ASSERT_EQ(too_much, 0) << "seed " << seed;
  }
}

TEST(ReleaseSequence, LoadsOfOldValuesAreNeverOrderedTooLittle) {
  int orders = 0;
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    RandomAtomics random(seed);
    for (int i = 0; i < 60; ++i) random.Step(30);
    const auto [too_much, too_little] = random.Differences();
    ASSERT_EQ(too_little, 0) << "seed " << seed;
    orders += too_much;
  }
  // What an rmw adds is not taken back for those who see the value before it.
  EXPECT_GT(orders, 0);
}

}  // namespace
}  // namespace gordian::detector
