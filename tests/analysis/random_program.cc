#include "tests/analysis/random_program.h"

#include <algorithm>

#include "tests/analysis/random_world.h"

namespace gordian::testing {

int CapacityOf(int channel) { return channel; }  // the first one is unbuffered
int PermitsOf(int semaphore) { return semaphore + 1; }

namespace {

class Generator {
 public:
  Generator(const ProgramShape& shape, std::mt19937_64& random)
      : shape_(shape),
        random_(random),
        world_(shape),
        held_(world_.started.size()),
        relock_(held_.size(), -1),
        runs_(held_.size(), -1) {}

  Execution Generate() {
    for (int i = 0; i < shape_.steps; ++i) Emit(Pick(shape_.tasks + 1));
    return run_;
  }

 private:
  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  void Emit(int task) {
    const auto index = static_cast<std::size_t>(task);
    if (!world_.started[index]) {
      Take({Step::kSpawn, 0, task});
      return;
    }
    if (world_.ended[index]) {
      if (shape_.joins && task != 0 && Pick(2) == 0) Take({Step::kJoin, 0, task});
      return;
    }
    if (int& lock = relock_[index]; lock >= 0) {
      if (std::ranges::count(sleeping_, task) != 0 || !Take({Step::kAcquire, task, lock})) return;
      held_[index].push_back(lock);
      lock = -1;
      return;
    }
    const int dice = Pick(10);
    if (dice < 4) {
      Acquire(task);
    } else if (dice < 7) {
      Release(task);
    } else if (dice == 7 && task != 0 && held_[index].empty() && runs_[index] < 0 && Pick(3) == 0) {
      world_.ended[index] = true;
    } else {
      Value(task);
    }
  }

  void Acquire(int task) {
    const int lock = Pick(shape_.locks);
    if (held_[static_cast<std::size_t>(task)].size() < 3 && Take({Step::kAcquire, task, lock})) {
      held_[static_cast<std::size_t>(task)].push_back(lock);
    }
  }

  void Release(int task) {
    std::vector<int>& held = held_[static_cast<std::size_t>(task)];
    if (held.empty()) return;
    // Mostly the last one; now and then out of order.
    const std::size_t i = Pick(4) == 0
                              ? static_cast<std::size_t>(Pick(static_cast<int>(held.size())))
                              : held.size() - 1;
    Take({Step::kRelease, task, held[i]});
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void Value(int task) {
    const int kinds[] = {shape_.variables,  shape_.channels, shape_.groups,
                         shape_.semaphores, shape_.onces,    shape_.conditions};
    int kind = Pick(static_cast<int>(std::size(kinds)));
    // In place of what there is none of, mostly something else.
    for (int i = 0; kinds[kind] == 0 && i < 3; ++i) kind = Pick(static_cast<int>(std::size(kinds)));
    if (kinds[kind] == 0) return;
    const int object = Pick(kinds[kind]);
    if (kind == 0) {
      const bool reads = Pick(2) == 0;
      const int saw = reads ? world_.last_write[static_cast<std::size_t>(object)] : -1;
      Take({reads ? Step::kRead : Step::kWrite, task, object, saw});
    } else if (kind == 1) {
      Exchange(task, object);
    } else if (kind == 2) {
      static constexpr Step::Kind kSteps[] = {Step::kAdd, Step::kDone, Step::kWait};
      Take({kSteps[Pick(3)], task, object});
    } else if (kind == 3) {
      Take({Pick(2) == 0 ? Step::kTake : Step::kGiveBack, task, object});
    } else if (kind == 4) {
      DoOnce(task, object);
    } else {
      Condition(task, object);
    }
  }

  void DoOnce(int task, int once) {
    int& runs = runs_[static_cast<std::size_t>(task)];
    if (runs >= 0) {
      Take({Step::kEnd, task, runs});
      runs = -1;
    } else if (world_.once[static_cast<std::size_t>(once)] == World::kFresh) {
      Take({Step::kBegin, task, once});
      runs = once;
    } else {
      Take({Step::kSeen, task, once});
    }
  }

  // Waits with the lock that it took last, or wakes who waits longest.
  void Condition(int task, int condition) {
    const auto index = static_cast<std::size_t>(task);
    const auto& waiters = world_.waiters[static_cast<std::size_t>(condition)];
    if (Pick(2) == 0 && !held_[index].empty()) {
      relock_[index] = held_[index].back();
      Take({Step::kSleep, task, condition});
      Take({Step::kRelease, task, relock_[index]});
      held_[index].pop_back();
      sleeping_.push_back(task);
      return;
    }
    const int woken = waiters.empty() ? -1 : waiters.front();
    Take({Step::kSignal, task, condition});
    if (woken < 0) return;
    std::erase(sleeping_, woken);
    Take({Step::kWoken, woken, condition, static_cast<int>(run_.size()) - 1});
  }

  void Exchange(int task, int channel) {
    const auto& queue = world_.queue[static_cast<std::size_t>(channel)];
    if (CapacityOf(channel) > 0) {
      if (Pick(2) == 0) {
        Take({Step::kSend, task, channel});
      } else if (!queue.empty()) {
        Take({Step::kRecv, task, channel, queue.front()});
      }
      return;
    }
    const int other = Pick(shape_.tasks + 1);
    const auto index = static_cast<std::size_t>(other);
    if (other == task || !world_.started[index] || world_.ended[index] || relock_[index] >= 0)
      return;
    run_.push_back({Step::kSend, task, channel});
    run_.push_back({Step::kRecv, other, channel, static_cast<int>(run_.size()) - 1});
  }

  bool Take(Step step) {
    if (!world_.Allows(step)) return false;
    world_.Do(step, static_cast<int>(run_.size()));
    run_.push_back(step);
    return true;
  }

  const ProgramShape& shape_;
  std::mt19937_64& random_;
  World world_;
  std::vector<std::vector<int>> held_;
  std::vector<int> relock_;    // by task: the lock that a wait for a condition gave back, or -1
  std::vector<int> sleeping_;  // tasks that wait for a condition
  std::vector<int> runs_;      // by task: the Once whose body it is in, or -1
  Execution run_;
};

}  // namespace

Execution RandomExecution(const ProgramShape& shape, std::mt19937_64& random) {
  return Generator(shape, random).Generate();
}

BuildIds Build(const Execution& run, const ProgramShape& shape, TraceBuilder& t) {
  BuildIds ids;
  std::vector<ObjectId> variables, channels, groups, semaphores, onces, conditions;
  for (int i = 0; i < shape.locks; ++i) ids.locks.push_back(t.Mutex(""));
  for (int i = 0; i < shape.variables; ++i) variables.push_back(t.Variable(""));
  for (int i = 0; i < shape.channels; ++i) {
    channels.push_back(t.Chan("", static_cast<std::uint64_t>(CapacityOf(i))));
  }
  for (int i = 0; i < shape.groups; ++i) groups.push_back(t.WaitGroup(""));
  for (int i = 0; i < shape.semaphores; ++i) {
    const auto permits = static_cast<std::uint64_t>(PermitsOf(i));
    semaphores.push_back(t.Object(ObjectKind::kSemaphore, "", permits));
  }
  for (int i = 0; i < shape.onces; ++i) onces.push_back(t.Once(""));
  for (int i = 0; i < shape.conditions; ++i) conditions.push_back(t.Cond(""));
  std::vector<TaskTrace> tasks(static_cast<std::size_t>(shape.tasks) + 1, t.Main());
  // A wait for a condition is followed by the release of its lock.
  const auto lock_of_next = [&](const Step& step) {
    return ids.locks[static_cast<std::size_t>((&step)[1].object)];
  };
  for (const Step& step : run) {
    TaskTrace& task = tasks[static_cast<std::size_t>(step.task)];
    const auto object = static_cast<std::size_t>(step.object);
    switch (step.kind) {
      case Step::kAcquire:
        task.Lock(ids.locks[object]);
        break;
      case Step::kRelease:
        task.Unlock(ids.locks[object]);
        break;
      case Step::kRead:
        task.Read(variables[object]);
        break;
      case Step::kWrite:
        task.Write(variables[object]);
        break;
      case Step::kSpawn:
        tasks[object] = t.Main().Go("");
        break;
      case Step::kJoin:
        task.Join(tasks[object]);
        break;
      case Step::kSend:
        task.Send(channels[object]);
        break;
      case Step::kRecv:
        task.Recv(channels[object]);
        break;
      case Step::kAdd:
        task.Add(groups[object], 1);
        break;
      case Step::kDone:
        task.Done(groups[object]);
        break;
      case Step::kWait:
        task.Wait(groups[object]);
        break;
      case Step::kTake:
        task.SemAcquire(semaphores[object]);
        break;
      case Step::kGiveBack:
        task.SemRelease(semaphores[object]);
        break;
      case Step::kBegin:
        task.OnceBegin(onces[object]);
        break;
      case Step::kEnd:
        task.OnceEnd(onces[object]);
        break;
      case Step::kSeen:
        task.OnceSeen(onces[object]);
        break;
      case Step::kSleep:
        task.CondWait(conditions[object], lock_of_next(step));
        break;
      case Step::kSignal:
        task.CondSignal(conditions[object]);
        break;
      case Step::kWoken:
        tasks[static_cast<std::size_t>(run[static_cast<std::size_t>(step.saw)].task)]
            .For(task)
            .CondWake(conditions[object]);
        break;
    }
    ids.events.push_back(t.events().size());
  }
  return ids;
}

std::string ToString(const Execution& run) {
  static constexpr const char* kNames[] = {"acquire", "release", "read",      "write", "spawn",
                                           "join",    "send",    "recv",      "add",   "done",
                                           "wait",    "take",    "give-back", "begin", "end",
                                           "seen",    "sleep",   "signal",    "woken"};
  std::string text;
  for (const Step& step : run) {
    text += "T" + std::to_string(step.task) + " " + kNames[step.kind] + " " +
            std::to_string(step.object) + "\n";
  }
  return text;
}

}  // namespace gordian::testing
