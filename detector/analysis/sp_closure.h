// The sync-preserving closure of a set of events, and deadlocks in sync-preserving reorderings.
//
// After H. C. Tunç, U. Mathur, A. Pavlogiannis, M. Viswanathan, "Sound Dynamic Deadlock
// Prediction in Linear Time" (PLDI 2023). A set of events is closed when it contains, with an
// event, all that comes before it in its task and in flows, and, of any two conflicting
// sections of a lock that began in it, the end of the earlier one. A closed set, in the
// order of the trace, can be executed. So tasks can reach the requests e1 … ek together exactly
// if none of them lies in the closure of what comes before each.
//
//   SpClosure closure(trace, sections);
//   closure.Include(task, position);     // events of `task` up to there
//   if (closure.Close()) … closure.Upto(task) …
//
// A closed set is a prefix of each task, kept as one position per task. Only sections that are
// open at those positions can break the rule, so closing looks at nothing else.
//
// Limits    order of sections is preserved, so that a deadlock which needs two sections of a
//           lock swapped is not found; what is found is real.
// Locking   none.
// Cost      per Close(): tasks in the set × locks open there × users of those locks ×
//           log(acquisitions), plus each flow in the set once. Clear() forgets the set.
#ifndef GORDIAN_DETECTOR_ANALYSIS_SP_CLOSURE_H_
#define GORDIAN_DETECTOR_ANALYSIS_SP_CLOSURE_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/lock_trace.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

// Every lock's sections by task and mode. Refresh() takes in what is new in the trace.
class LockSections {
 public:
  struct User {
    TaskId task = 0;
    std::vector<Seq> writes, reads;  // where its sections begin, ascending
  };

  void Refresh(const LockTrace& trace);
  const std::vector<User>& UsersOf(ObjectId lock) const;

 private:
  User& UserOf(ObjectId lock, TaskId task);

  PagedTable<std::vector<User>> locks_;
  absl::flat_hash_map<TaskId, std::size_t> taken_;  // how many acquisitions are in already
};

class SpClosure {
 public:
  SpClosure(const LockTrace& trace, const LockSections& sections)
      : trace_(trace), sections_(sections) {}

  enum class Flows : std::uint8_t { kAll, kStructural };  // kStructural: spawn and join only

  void Clear(Flows flows = Flows::kAll);
  void Include(TaskId task, Seq upto);
  // False where the set cannot be closed: a section would have to end that never does.
  bool Close();
  Seq Upto(TaskId task) const {
    const Seq* upto = upto_.Find(task);
    return upto != nullptr ? *upto : 0;
  }
  std::uint64_t steps() const { return steps_; }  // work done, for budgets

 private:
  bool CloseTask(TaskId task, bool* changed);
  bool LaterSectionIncluded(const Acquire& open);

  const LockTrace& trace_;
  const LockSections& sections_;
  PagedTable<Seq> upto_;         // by task
  std::vector<TaskId> touched_;  // tasks with events in the set
  struct Prefix {
    TaskId task;
    Seq upto;
  };
  std::vector<Prefix> pending_;  // prefixes whose flows are still to be followed
  Flows flows_ = Flows::kAll;
  std::uint64_t steps_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_SP_CLOSURE_H_
