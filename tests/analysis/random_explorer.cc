// All other runs of a small random program.
#include <algorithm>
#include <unordered_set>

#include "tests/analysis/random_program.h"
#include "tests/analysis/random_world.h"

namespace gordian::testing {
namespace {

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
    if (step.kind == Step::kWoken) {
      return world.woken_by[static_cast<std::size_t>(step.task)] == step.saw;
    }
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
    for (const auto* queues : {&world.queue, &world.waiters}) {
      for (const auto& queue : *queues) {
        for (const int value : queue) add(value);
        add(-2);
      }
    }
    for (const int value : world.woken_by) add(value);
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

std::set<LockCycle> Explore(const Execution& run, const ProgramShape& shape,
                            bool keep_section_order) {
  return Explorer(run, shape, keep_section_order).Collect();
}

bool CanWaitForEachOther(const Execution& run, const ProgramShape& shape, int wait, int request) {
  return Explorer(run, shape, /*keep_section_order=*/false).Reaches(wait, request);
}

}  // namespace gordian::testing
