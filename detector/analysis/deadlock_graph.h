// Deadlocks in the wait-for graph of a cut.
//
// The graph has an arrow from each task that is blocked for ever to whoever could serve it. Its
// strongly connected components with an arrow inside are the deadlocks; the surest shortest
// cycle stands for each. Whoever can only be served by members is blocked behind it.
//
// Arrows to a task that merely may have a reference count only where that task waits for
// something owned (a lock, a Once, a join, a WaitGroup): two goroutines that each
// wait on a channel of their own are two leaks and no cycle.
//
// Tasks that wait for the same thing share their arrows, and are none to each other.
//
// Cost      linear in stuck tasks, what they wait for and its users, plus a search per component.
#ifndef GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_GRAPH_H_
#define GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_GRAPH_H_

#include <vector>

#include "detector/analysis/wait_for.h"

namespace gordian::detector {

struct DeadlockCore {
  std::vector<Link> cycle;      // in order; cycle[i].server is cycle[i + 1].waiter
  std::vector<TaskId> members;  // of the component, those of the cycle first
  std::vector<TaskId> behind;   // blocked behind it, and in no deadlock themselves

  // One task that waits for what it holds; or a reader that waits behind a writer that
  // waits for that reader.
  bool IsSelf(const Model& model) const;
};

std::vector<DeadlockCore> FindDeadlocks(const Stuck& stuck);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_GRAPH_H_
