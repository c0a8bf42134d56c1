// Who can serve whom: the wait-for relation at a cut, and who is blocked for ever.
//
//   Stuck stuck(model, cut);
//   if (stuck.ForEver(task)) … stuck.Links(task) …
//
// A wait is served by: the holders of the lock (all of a write lock's readers, any one way in
// for a select), the runner of a Once, the task joined, whoever can send, receive, close, call
// Done, signal or release. The greatest set of tasks whose every way out leads through the
// set is blocked for ever; it is computed as the complement of who can go on, from those who
// are not blocked (or whose wait ends by itself: timed, a sleep, an armed timer).
//
// Who *could* use an object that is no lock is not in the trace. Before the end, every task
// that can go on counts. At the end of a test or program only one that has used the object or was
// spawned after it was made; and the task that runs the tests serves no object of a test that is
// over.
//
// Limits    exact for locks, Onces and joins; for the rest it errs towards "can be served".
// Locking   none; reads the model, which must not change while this lives.
// Cost      linear in the tasks that live, in their waits and in the users of what they wait for.
#ifndef GORDIAN_DETECTOR_ANALYSIS_WAIT_FOR_H_
#define GORDIAN_DETECTOR_ANALYSIS_WAIT_FOR_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"
#include "detector/model/model.h"

namespace gordian::detector {

// How sure it is that `server` is the one who would serve. In order.
enum class LinkKind : std::uint8_t {
  kHolds,  // it holds the lock, runs the Once, is the task joined, is the writer ahead
  kUsed,   // it has used the object before
  kCould,  // it can hold a reference, as far as is known
};

// One arrow of the wait-for graph: `waiter` needs `server` to act on `object`.
struct Link {
  TaskId waiter = 0;
  ObjectId object = 0;  // 0: a join
  TaskId server = 0;
  LinkKind kind = LinkKind::kHolds;
};

// What a wait is for. Tasks that wait for the same thing need the same, and do not serve each
// other.
struct Wanted {
  WaitKind kind = WaitKind::kNone;  // of a select's case, what it would do alone
  std::uint32_t id = 0;             // the object; of a join, the task

  bool operator==(const Wanted&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Wanted& wanted) {
    return H::combine(std::move(h), wanted.kind, wanted.id);
  }
};
// Each once; nothing for a wait that nobody can serve.
std::vector<Wanted> WantedBy(const Wait& wait);

// Whether somebody owns it: a lock, a Once, a task to join. A WaitGroup belongs to those who have
// yet to call Done.
bool WaitsForOwned(WaitKind kind);

// Whom a wait needs. All of `tasks`, or, for what is not owned, somebody with `objects`.
struct Need {
  std::vector<TaskId> tasks;      // locks, Onces, joins
  std::vector<ObjectId> objects;  // channels, WaitGroups, conditions, semaphores, signals
  bool satisfied = false;         // nothing keeps it: it has only not run yet
};
Need NeedOf(const Model& model, const Wanted& wanted);
Need NeedOf(const Model& model, TaskId task);

class Stuck {
 public:
  Stuck(const Model& model, const Cut& cut);

  // Blocked, and nobody who can go on can serve it. Also a frozen task.
  bool ForEver(TaskId task) const { return StateOf(task) == State::kStuck; }
  // Alive and able to go on, now or once it is served.
  bool CanGoOn(TaskId task) const { return StateOf(task) == State::kGoesOn; }
  // Every live task is blocked for ever, main among them.
  bool Everything() const { return everything_; }
  // Those blocked for ever, frozen ones left out, ascending.
  const std::vector<TaskId>& tasks() const { return stuck_; }

  // Who could serve its wait: holders (even those that have ended), then live users, then
  // others that may have a reference.
  std::vector<Link> Links(TaskId task) const;
  std::vector<TaskId> CouldServe(TaskId task) const;

  // Whether `other` may hold a reference to what `waiter` needs somebody to use; and whether any
  // waiter's answer is the same.
  bool MayRefer(const TaskInfo& other, TaskId waiter, const ObjectInfo& object) const;
  static bool DependsOnWaiter(const ObjectInfo& object);

  const Model& model() const { return model_; }
  // Neither ended nor frozen.
  bool IsThere(TaskId task) const {
    return StateOf(task) != State::kGone && !model_.Task(task).frozen;
  }

 private:
  enum class State : std::uint8_t { kGone, kGoesOn, kStuck };

  State StateOf(TaskId task) const {
    const auto found = state_.find(task);
    return found != state_.end() ? found->second : State::kGone;
  }
  bool IsGone(const TaskInfo& task) const;

  const Model& model_;
  Cut cut_;
  absl::flat_hash_map<TaskId, State> state_;  // of those that are not gone
  std::vector<TaskId> stuck_;
  bool everything_ = false;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_WAIT_FOR_H_
