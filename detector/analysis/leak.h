// leak.goroutine and leak.thread: tasks that are still there at the end.
//
// Proves (confirmed): the task is blocked where nobody who is left can serve it, or it belongs to a
// test that is over; a thread ended and was neither joined nor detached.
// Suspected: at the end of a program, a task that still runs or could be served; so too a thread
// that waits for what main used or held until it left.
// Assumes what wait_for.h says about who could serve whom. Tasks that a deadlock or a misuse
// accounts for are left out; a program that ended itself with a report is only judged for what
// is blocked for ever. Grouped by where the tasks were started and where they stand.
//
// Cost: nothing per event; linear in tasks at a cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LEAK_H_
#define GORDIAN_DETECTOR_ANALYSIS_LEAK_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"
#include "detector/analysis/wait_for.h"

namespace gordian::detector {

enum class LeakState : std::uint8_t { kBlockedForEver, kBlocked, kRunning, kNotJoined };

// Tasks alike.
struct Leaked {
  LeakState state = LeakState::kRunning;
  Verdict verdict = Verdict::kConfirmed;
  bool at_test_end = false;
  std::vector<TaskId> tasks;
};

Finding DescribeLeak(const Leaked& leaked, const Stuck& stuck);

class Leak final : public Analysis {
 public:
  std::string_view name() const override { return "leak"; }
  EventSet wants() const override { return Events({trace::EventType::kProcessEnd}); }
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  bool Judge(TaskId id, const Cut& cut, const Stuck& stuck, Leaked& leaked) const;

  std::optional<trace::ProcessEndReason> ended_;  // as its end was recorded
  TaskId ender_ = 0;                              // by whom: that one was not left behind
  absl::flat_hash_set<TaskId> reported_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LEAK_H_
