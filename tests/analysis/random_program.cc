#include "tests/analysis/random_program.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

namespace gordian::testing {

int CapacityOf(int channel) { return channel; }  // the first one is unbuffered

namespace {

// What a step needs and does, shared by the generator and the explorer.
class World {
 public:
  explicit World(const ProgramShape& shape)
      : holder(static_cast<std::size_t>(shape.locks), -1),
        last_acquire(holder.size(), -1),
        last_write(static_cast<std::size_t>(shape.variables), -1),
        queue(static_cast<std::size_t>(shape.channels)),
        count(static_cast<std::size_t>(shape.groups), 0),
        started(static_cast<std::size_t>(shape.tasks) + 1, false),
        ended(started.size(), false) {
    started[0] = true;
  }

  bool Allows(const Step& step) const {
    const auto object = static_cast<std::size_t>(step.object);
    switch (step.kind) {
      case Step::kAcquire:
        return holder[object] == -1;
      case Step::kSpawn:
        return !started[object];
      case Step::kJoin:
        return ended[object];
      case Step::kSend:
        return static_cast<int>(queue[object].size()) < CapacityOf(step.object);
      case Step::kRecv:
        return !queue[object].empty();
      case Step::kDone:
        return count[object] > 0;
      case Step::kWait:
        return count[object] == 0;
      default:
        return true;
    }
  }

  // `position` names the step in the run.
  void Do(const Step& step, int position) {
    const auto object = static_cast<std::size_t>(step.object);
    switch (step.kind) {
      case Step::kAcquire:
        holder[object] = step.task;
        last_acquire[object] = position;
        break;
      case Step::kRelease:
        holder[object] = -1;
        break;
      case Step::kWrite:
        last_write[object] = position;
        break;
      case Step::kSpawn:
        started[object] = true;
        break;
      case Step::kSend:
        queue[object].push_back(position);
        break;
      case Step::kRecv:
        queue[object].pop_front();
        break;
      case Step::kAdd:
        ++count[object];
        break;
      case Step::kDone:
        --count[object];
        break;
      default:
        break;
    }
  }

  std::vector<int> holder, last_acquire;
  std::vector<int> last_write;
  std::vector<std::deque<int>> queue;
  std::vector<int> count;
  std::vector<bool> started, ended;
};

class Generator {
 public:
  Generator(const ProgramShape& shape, std::mt19937_64& random)
      : shape_(shape), random_(random), world_(shape), held_(world_.started.size()) {}

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
      if (task != 0 && Pick(2) == 0) Take({Step::kJoin, 0, task});
      return;
    }
    const int dice = Pick(10);
    if (dice < 4) {
      Acquire(task);
    } else if (dice < 7) {
      Release(task);
    } else if (dice == 7 && task != 0 && held_[index].empty() && Pick(3) == 0) {
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
    const int kinds[] = {shape_.variables, shape_.channels, shape_.groups};
    const int kind = Pick(3);
    if (kinds[kind] == 0) return;
    const int object = Pick(kinds[kind]);
    if (kind == 0) {
      const bool reads = Pick(2) == 0;
      const int saw = reads ? world_.last_write[static_cast<std::size_t>(object)] : -1;
      Take({reads ? Step::kRead : Step::kWrite, task, object, saw});
    } else if (kind == 1) {
      Exchange(task, object);
    } else {
      static constexpr Step::Kind kSteps[] = {Step::kAdd, Step::kDone, Step::kWait};
      Take({kSteps[Pick(3)], task, object});
    }
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
    if (other == task || !world_.started[index] || world_.ended[index]) return;
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
  Execution run_;
};

class Explorer {
 public:
  Explorer(const Execution& run, const ProgramShape& shape, bool keep_section_order)
      : run_(run), shape_(shape), keep_(keep_section_order), program_(shape.tasks + 1u) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      program_[static_cast<std::size_t>(run[i].task)].push_back(static_cast<int>(i));
    }
  }

  bool Reaches(int wait, int request) {
    wait_ = wait;
    request_ = request;
    World world(shape_);
    Visit(world, Positions(program_.size(), 0));
    return reached_;
  }

  std::set<LockCycle> Collect() {
    World world(shape_);
    Positions at(program_.size(), 0);
    Visit(world, at);
    return std::move(cycles_);
  }

 private:
  using Positions = std::vector<std::size_t>;

  const Step* Next(const World& world, const Positions& at, std::size_t task) const {
    if (!world.started[task] || at[task] == program_[task].size()) return nullptr;
    return &run_[static_cast<std::size_t>(program_[task][at[task]])];
  }

  void Visit(const World& world, const Positions& at) {
    if (reached_ || !visited_.insert(Key(world, at)).second) return;
    if (wait_ < 0) {
      FindCycles(world, at);
    } else if (IsMixedCycle(world, at)) {
      reached_ = true;
      return;
    }
    ForEachMove(world, at,
                [this](const World& next, const Positions& moved) { Visit(next, moved); });
  }

  template <class F>
  void ForEachMove(const World& world, const Positions& at, const F& visit) const {
    for (std::size_t task = 0; task < at.size(); ++task) {
      const Step* step = Next(world, at, task);
      if (step == nullptr) continue;
      const int position = program_[task][at[task]];
      if (step->kind == Step::kSend && CapacityOf(step->object) == 0) {
        Rendezvous(world, at, task, position, visit);
      } else if (Possible(world, *step, position)) {
        World next = world;
        Positions moved = at;
        Advance(next, moved, task);
        visit(next, moved);
      }
    }
  }

  // Both stand where they are asked to, the lock is the waiter's, and nobody ever serves it.
  bool IsMixedCycle(const World& world, const Positions& at) const {
    const Step& wait = run_[static_cast<std::size_t>(wait_)];
    const Step& request = run_[static_cast<std::size_t>(request_)];
    const Step* waiter = Next(world, at, static_cast<std::size_t>(wait.task));
    const Step* server = Next(world, at, static_cast<std::size_t>(request.task));
    std::unordered_set<std::string> seen;
    return waiter == &wait && server == &request &&
           world.holder[static_cast<std::size_t>(request.object)] == wait.task &&
           StaysBlocked(world, at, wait, seen);
  }

  bool StaysBlocked(const World& world, const Positions& at, const Step& wait,
                    std::unordered_set<std::string>& seen) const {
    if (!seen.insert(Key(world, at)).second) return true;
    if (CouldBeServed(world, at, wait)) return false;
    bool stays = true;
    ForEachMove(world, at, [&](const World& next, const Positions& moved) {
      stays = stays && StaysBlocked(next, moved, wait, seen);
    });
    return stays;
  }

  // By any message, not only the one that it received in the run.
  bool CouldBeServed(const World& world, const Positions& at, const Step& wait) const {
    const bool meets =
        (wait.kind == Step::kSend || wait.kind == Step::kRecv) && CapacityOf(wait.object) == 0;
    if (!meets) return world.Allows(wait);
    const Step::Kind other = wait.kind == Step::kSend ? Step::kRecv : Step::kSend;
    for (std::size_t task = 0; task < at.size(); ++task) {
      const Step* step = Next(world, at, task);
      if (step != nullptr && step->kind == other && step->object == wait.object) return true;
    }
    return false;
  }

  void Advance(World& world, Positions& at, std::size_t task) const {
    const int position = program_[task][at[task]++];
    const Step& step = run_[static_cast<std::size_t>(position)];
    if (step.kind != Step::kRecv || CapacityOf(step.object) > 0) world.Do(step, position);
    if (at[task] == program_[task].size()) world.ended[task] = true;
    const auto object = static_cast<std::size_t>(step.object);
    if (step.kind == Step::kSpawn && program_[object].empty()) world.ended[object] = true;
  }

  // Both sides at once, the very message that was received in the run.
  template <class F>
  void Rendezvous(const World& world, const Positions& at, std::size_t sender, int position,
                  const F& visit) const {
    for (std::size_t task = 0; task < at.size(); ++task) {
      const Step* step = Next(world, at, task);
      if (step == nullptr || step->kind != Step::kRecv || step->saw != position) continue;
      World next = world;
      Positions moved = at;
      Advance(next, moved, sender);
      next.queue[static_cast<std::size_t>(step->object)].clear();
      Advance(next, moved, task);
      visit(next, moved);
    }
  }

  bool Possible(const World& world, const Step& step, int position) const {
    if (step.kind == Step::kRecv && CapacityOf(step.object) == 0) return false;
    if (!world.Allows(step)) return false;
    const auto object = static_cast<std::size_t>(step.object);
    if (step.kind == Step::kRead) return world.last_write[object] == step.saw;
    if (step.kind == Step::kRecv) return world.queue[object].front() == step.saw;
    if (step.kind == Step::kAcquire && keep_) return world.last_acquire[object] < position;
    return true;
  }

  void FindCycles(const World& world, const Positions& at) {
    for (std::size_t start = 0; start < at.size(); ++start) {
      LockCycle cycle;
      std::size_t task = start;
      do {
        const Step* step = Next(world, at, task);
        if (step == nullptr || step->kind != Step::kAcquire || cycle.size() > at.size()) {
          cycle.clear();
          break;
        }
        const int holder = world.holder[static_cast<std::size_t>(step->object)];
        if (holder < 0) {
          cycle.clear();
          break;
        }
        cycle.push_back(step->object);
        task = static_cast<std::size_t>(holder);
      } while (task != start);
      if (cycle.empty()) continue;
      std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
      cycles_.insert(cycle);
    }
  }

  std::string Key(const World& world, const Positions& at) const {
    std::string key;
    const auto add = [&](int value) { key.push_back(static_cast<char>(value)); };
    for (const std::size_t position : at) add(static_cast<int>(position));
    for (const int value : world.last_acquire) add(value);
    for (const int value : world.last_write) add(value);
    for (const auto& queue : world.queue) {
      for (const int value : queue) add(value);
      add(-2);
    }
    return key;
  }

  const Execution& run_;
  const ProgramShape& shape_;
  bool keep_;
  int wait_ = -1, request_ = -1;  // looked for by Reaches()
  bool reached_ = false;
  std::vector<std::vector<int>> program_;  // by task: positions in the run
  std::unordered_set<std::string> visited_;
  std::set<LockCycle> cycles_;
};

}  // namespace

Execution RandomExecution(const ProgramShape& shape, std::mt19937_64& random) {
  return Generator(shape, random).Generate();
}

std::set<LockCycle> Explore(const Execution& run, const ProgramShape& shape,
                            bool keep_section_order) {
  return Explorer(run, shape, keep_section_order).Collect();
}

bool CanWaitForEachOther(const Execution& run, const ProgramShape& shape, int wait, int request) {
  return Explorer(run, shape, /*keep_section_order=*/false).Reaches(wait, request);
}

BuildIds Build(const Execution& run, const ProgramShape& shape, TraceBuilder& t) {
  BuildIds ids;
  std::vector<ObjectId> variables, channels, groups;
  for (int i = 0; i < shape.locks; ++i) ids.locks.push_back(t.Mutex(""));
  for (int i = 0; i < shape.variables; ++i) variables.push_back(t.Variable(""));
  for (int i = 0; i < shape.channels; ++i) {
    channels.push_back(t.Chan("", static_cast<std::uint64_t>(CapacityOf(i))));
  }
  for (int i = 0; i < shape.groups; ++i) groups.push_back(t.WaitGroup(""));
  std::vector<TaskTrace> tasks(static_cast<std::size_t>(shape.tasks) + 1, t.Main());
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
    }
    ids.events.push_back(t.events().size());
  }
  return ids;
}

std::string ToString(const Execution& run) {
  static constexpr const char* kNames[] = {"acquire", "release", "read", "write", "spawn", "join",
                                           "send",    "recv",    "add",  "done",  "wait"};
  std::string text;
  for (const Step& step : run) {
    text += "T" + std::to_string(step.task) + " " + kNames[step.kind] + " " +
            std::to_string(step.object) + "\n";
  }
  return text;
}

}  // namespace gordian::testing
