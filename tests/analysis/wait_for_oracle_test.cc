// The wait-for fixpoint against a slow model: "blocked for ever" means that no way of letting
// the other tasks go on, one after the other, ever frees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "detector/analysis/deadlock_graph.h"
#include "detector/analysis/wait_for.h"
#include "detector/model/model.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::testing {
namespace {

using detector::Cut;
using detector::CutKind;
using detector::Stuck;

// One task's state as the test made it; the model has to find it out from events.
struct Waiter {
  enum Kind { kNothing, kLock, kTimedLock, kJoin, kRecv, kSelect, kOnce, kWaitGroup };
  Kind kind = kNothing;
  int object = 0;
  int other = 0;  // the second channel of a select
};

struct Scene {
  std::vector<Waiter> tasks;
  std::vector<int> lock_holder;           // -1: free
  std::vector<std::set<int>> chan_users;  // by channel
  std::vector<int> once_runner;           // -1: nobody
};

class SceneMaker {
 public:
  explicit SceneMaker(std::mt19937_64& random) : random_(random) {}

  Scene Make() {
    Scene scene;
    scene.tasks.resize(static_cast<std::size_t>(2 + Pick(5)));
    const int tasks = static_cast<int>(scene.tasks.size());
    for (int i = 0; i < 4; ++i) scene.lock_holder.push_back(Pick(3) == 0 ? -1 : Pick(tasks));
    for (int i = 0; i < 2; ++i) scene.once_runner.push_back(Pick(2) == 0 ? -1 : Pick(tasks));
    scene.chan_users.resize(2);
    for (auto& users : scene.chan_users) {
      for (int task = 0; task < tasks; ++task) {
        if (Pick(3) == 0) users.insert(task);
      }
    }
    for (int task = 0; task < tasks; ++task)
      scene.tasks[static_cast<std::size_t>(task)] = Wait(scene, task);
    return scene;
  }

 private:
  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  Waiter Wait(const Scene& scene, int task) {
    const int tasks = static_cast<int>(scene.tasks.size());
    switch (Pick(9)) {
      case 0:
        return {};
      case 1:
      case 2:
      case 3: {
        const int lock = Pick(4);
        if (scene.lock_holder[static_cast<std::size_t>(lock)] < 0) return {};
        return {Pick(6) == 0 ? Waiter::kTimedLock : Waiter::kLock, lock};
      }
      case 4: {
        const int other = Pick(tasks);
        return other == task ? Waiter{} : Waiter{Waiter::kJoin, other};
      }
      case 5:
        return {Waiter::kRecv, Pick(2)};
      case 6:
        return {Waiter::kSelect, 0, 1};
      case 7: {
        const int once = Pick(2);
        if (scene.once_runner[static_cast<std::size_t>(once)] < 0) return {};
        return {Waiter::kOnce, once};
      }
      default:
        return {Waiter::kWaitGroup};
    }
  }

  std::mt19937_64& random_;
};

// Round after round: whoever can be served goes on, until nobody new does.
std::set<int> StuckInScene(const Scene& scene, CutKind cut) {
  std::set<int> going;
  const auto goes = [&](int task) { return going.contains(task); };
  const auto served = [&](int channel) {
    // Before the end, any task may have got hold of it; the channels here are younger than all.
    const std::set<int>& users = scene.chan_users[static_cast<std::size_t>(channel)];
    return cut == CutKind::kStandstill ? !going.empty()
                                       : std::any_of(users.begin(), users.end(), goes);
  };
  const auto can_go_on = [&](const Waiter& wait) {
    const auto object = static_cast<std::size_t>(wait.object);
    switch (wait.kind) {
      case Waiter::kLock:
        return goes(scene.lock_holder[object]);
      case Waiter::kJoin:
        return goes(wait.object);
      case Waiter::kOnce:
        return goes(scene.once_runner[object]);
      case Waiter::kRecv:
        return served(wait.object);
      case Waiter::kSelect:
        return served(wait.object) || served(wait.other);
      case Waiter::kWaitGroup:
        return !going.empty();
      default:
        return true;
    }
  };
  const int tasks = static_cast<int>(scene.tasks.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (int task = 0; task < tasks; ++task) {
      if (goes(task) || !can_go_on(scene.tasks[static_cast<std::size_t>(task)])) continue;
      going.insert(task);
      changed = true;
    }
  }
  std::set<int> stuck;
  for (int task = 0; task < tasks; ++task) {
    if (!goes(task)) stuck.insert(task);
  }
  return stuck;
}

// Writes the scene as a trace; returns the tasks' ids.
std::vector<TaskTrace> Build(const Scene& scene, TraceBuilder& t) {
  std::vector<TaskTrace> tasks;
  for (std::size_t i = 0; i < scene.tasks.size(); ++i) tasks.push_back(t.Task(""));
  const auto at = [&](int task) -> TaskTrace& { return tasks[static_cast<std::size_t>(task)]; };
  std::vector<ObjectId> locks, onces, channels;
  for (const int holder : scene.lock_holder) {
    locks.push_back(t.Mutex(""));
    if (holder >= 0) at(holder).Lock(locks.back());
  }
  for (const int runner : scene.once_runner) {
    onces.push_back(t.Once(""));
    if (runner >= 0) at(runner).OnceBegin(onces.back());
  }
  for (const std::set<int>& users : scene.chan_users) {
    channels.push_back(t.Chan(""));
    for (const int user : users) at(user).On(EventType::kChanLen, channels.back());
  }
  const ObjectId group = t.WaitGroup("");
  t.Main().Add(group, 1).End();
  for (std::size_t i = 0; i < scene.tasks.size(); ++i) {
    const Waiter& wait = scene.tasks[i];
    const auto object = static_cast<std::size_t>(wait.object);
    switch (wait.kind) {
      case Waiter::kNothing:
        break;
      case Waiter::kLock:
        tasks[i].WantsLock(locks[object]);
        break;
      case Waiter::kTimedLock:
        tasks[i].Timed().WantsLock(locks[object]);
        break;
      case Waiter::kJoin:
        tasks[i].WantsJoin(tasks[object]);
        break;
      case Waiter::kRecv:
        tasks[i].WantsRecv(channels[object]);
        break;
      case Waiter::kSelect:
        tasks[i].SelectBlocks({Case::Recv(channels[0]), Case::Send(channels[1])});
        break;
      case Waiter::kOnce:
        tasks[i].WantsOnce(onces[object]);
        break;
      case Waiter::kWaitGroup:
        tasks[i].WantsWait(group);
        break;
    }
  }
  return tasks;
}

// A waiter of a channel has used it.
void CountWaitersAsUsers(Scene& scene) {
  for (std::size_t i = 0; i < scene.tasks.size(); ++i) {
    const Waiter& wait = scene.tasks[i];
    const int task = static_cast<int>(i);
    if (wait.kind == Waiter::kRecv)
      scene.chan_users[static_cast<std::size_t>(wait.object)].insert(task);
    if (wait.kind != Waiter::kSelect) continue;
    for (auto& users : scene.chan_users) users.insert(task);
  }
}

// A cycle's arrows follow each other, and only stuck tasks are in it or behind it.
void CheckCores(const std::vector<detector::DeadlockCore>& cores, const Stuck& stuck) {
  std::set<TaskId> seen;
  for (const detector::DeadlockCore& core : cores) {
    for (std::size_t i = 0; i < core.cycle.size(); ++i) {
      ASSERT_EQ(core.cycle[i].server, core.cycle[(i + 1) % core.cycle.size()].waiter);
      ASSERT_EQ(core.cycle[i].waiter, core.members[i]);
    }
    for (const auto* tasks : {&core.members, &core.behind}) {
      for (const TaskId task : *tasks) {
        ASSERT_TRUE(stuck.ForEver(task));
        ASSERT_TRUE(seen.insert(task).second) << "one task, one deadlock";
      }
    }
  }
}

TEST(WaitForOracle, AgreesWithRoundByRoundServing) {
  std::mt19937_64 random(4711);
  int some_stuck = 0, some_cycle = 0;
  for (int round = 0; round < 20'000; ++round) {
    Scene scene = SceneMaker(random).Make();
    CountWaitersAsUsers(scene);
    TraceBuilder t;
    const std::vector<TaskTrace> tasks = Build(scene, t);
    detector::Model model;
    for (const trace::Event& event : t.events()) model.Apply(event);
    for (const CutKind kind : {CutKind::kStandstill, CutKind::kProgramEnd}) {
      const Stuck stuck(model, Cut{.kind = kind});
      std::set<TaskId> expected;
      for (const int task : StuckInScene(scene, kind)) {
        expected.insert(tasks[static_cast<std::size_t>(task)].id());
      }
      const std::set<TaskId> found(stuck.tasks().begin(), stuck.tasks().end());
      ASSERT_EQ(found, expected) << "round " << round;
      const auto cores = detector::FindDeadlocks(stuck);
      CheckCores(cores, stuck);
      some_stuck += found.empty() ? 0 : 1;
      some_cycle += cores.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(some_stuck, 2'000) << "the scenes no longer test much";
  EXPECT_GT(some_cycle, 1'000) << "the scenes no longer test much";
}

}  // namespace
}  // namespace gordian::testing
