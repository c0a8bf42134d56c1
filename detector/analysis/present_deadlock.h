// Deadlocks among some tasks while others run on: what can be said at once.
//
//   PresentDeadlock present;
//   every now and then: for (Finding& finding : present.Look(model)) …
//
// A deadlock is stable: once a consistent cut of the run has one, so has every later cut, and one
// look is as good as any (Chandy and Lamport, TOCS 1985). Only waits for what is owned are judged
// here, whose every server is known: locks, Onces, joins. Whoever runs on might still serve a
// channel, a WaitGroup, a condition: those are judged at the end.
//
// A lock that waits for its own holder may be meant as a signal, which another task is about to
// unlock: it counts once another task has used it and gone on. A deadlock is reported when
// two looks in a row have seen it with the very same waits, since a grant that was written between
// two buffers' reading comes with the second look.
//
// Limits    says nothing where nothing runs on: that is the standstill's judgement.
// Locking   none.
// Cost      a look is linear in tasks and waits; nothing per event.
#ifndef GORDIAN_DETECTOR_ANALYSIS_PRESENT_DEADLOCK_H_
#define GORDIAN_DETECTOR_ANALYSIS_PRESENT_DEADLOCK_H_

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "detector/analysis/deadlock_graph.h"
#include "detector/finding/finding.h"
#include "detector/model/model.h"

namespace gordian::detector {

class PresentDeadlock {
 public:
  // The deadlocks that this look has confirmed, each once.
  std::vector<Finding> Look(const Model& model);

  // The last look saw one that the next look may confirm.
  bool pending() const { return pending_; }

 private:
  using Waits = std::vector<std::pair<TaskId, std::uint64_t>>;  // the members' and their seq

  std::set<Waits> seen_;       // at the last look
  std::set<TaskId> reported_;  // the members of what was reported
  bool pending_ = false;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_PRESENT_DEADLOCK_H_
