// The state of a small random program (random_program.h), step by step.
#ifndef GORDIAN_TESTS_ANALYSIS_RANDOM_WORLD_H_
#define GORDIAN_TESTS_ANALYSIS_RANDOM_WORLD_H_

#include <cstddef>
#include <deque>
#include <vector>

#include "tests/analysis/random_program.h"

namespace gordian::testing {

// What a step needs and does, shared by the generator and the explorer.
class World {
 public:
  enum OnceState { kFresh, kRuns, kDone };

  explicit World(const ProgramShape& shape)
      : holder(static_cast<std::size_t>(shape.locks), -1),
        last_acquire(holder.size(), -1),
        last_write(static_cast<std::size_t>(shape.variables), -1),
        queue(static_cast<std::size_t>(shape.channels)),
        count(static_cast<std::size_t>(shape.groups), 0),
        taken(static_cast<std::size_t>(shape.semaphores), 0),
        once(static_cast<std::size_t>(shape.onces), kFresh),
        waiters(static_cast<std::size_t>(shape.conditions)),
        started(static_cast<std::size_t>(shape.tasks) + 1, false),
        ended(started.size(), false),
        woken_by(started.size(), -1) {
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
      case Step::kTake:
        return taken[object] < PermitsOf(step.object);
      case Step::kGiveBack:
        return taken[object] > 0;
      case Step::kBegin:
        return once[object] == kFresh;
      case Step::kSeen:
        return once[object] == kDone;
      case Step::kWoken:
        return woken_by[static_cast<std::size_t>(step.task)] >= 0;
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
      case Step::kTake:
        ++taken[object];
        break;
      case Step::kGiveBack:
        --taken[object];
        break;
      case Step::kBegin:
        once[object] = kRuns;
        break;
      case Step::kEnd:
        once[object] = kDone;
        break;
      case Step::kSleep:
        waiters[object].push_back(step.task);
        break;
      case Step::kSignal:
        if (waiters[object].empty()) break;
        woken_by[static_cast<std::size_t>(waiters[object].front())] = position;
        waiters[object].pop_front();
        break;
      case Step::kWoken:
        woken_by[static_cast<std::size_t>(step.task)] = -1;
        break;
      default:
        break;
    }
  }

  std::vector<int> holder, last_acquire;
  std::vector<int> last_write;
  std::vector<std::deque<int>> queue;
  std::vector<int> count, taken;
  std::vector<OnceState> once;
  std::vector<std::deque<int>> waiters;  // of each condition: tasks, the longest first
  std::vector<bool> started, ended;
  std::vector<int> woken_by;  // by task: the position of the signal, until it goes on
};

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_ANALYSIS_RANDOM_WORLD_H_
