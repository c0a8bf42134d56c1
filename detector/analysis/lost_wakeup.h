// misuse.lost-wakeup: a signal that found nobody, and then a wait that never ended.
//
// Reported when, at a cut, a task is blocked for ever in Cond.Wait, it had never waited on that
// condition variable before, and the last signal or broadcast came before the wait began and
// woke nobody: the check of the condition and the wait were not one step, or there was no check.
// (A consumer that has waited before, or has been through its lock since the signal, looks at its
// queue first: where it is left behind, that is a leak.) Tasks of a deadlock are left out; where
// nothing can run any more, deadlock.global names the signal.
//
// Cost: constant per event of a condition variable.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOST_WAKEUP_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOST_WAKEUP_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"
#include "detector/analysis/lock_order.h"

namespace gordian::detector {

inline constexpr std::string_view kAgainstLostWakeups =
    "Change the condition and signal under the same lock that the waiter holds while it checks, "
    "and wait in a loop: while (!condition) cond.Wait()";

class LostWakeup final : public Analysis {
 public:
  struct Signal {
    TaskId task = 0;
    SiteId site = 0;
    std::uint64_t seq = 0;
    bool woke_nobody = false;
    bool broadcast = false;
  };

  // `order`, where there is one, outlives this, and has seen the same events at each cut.
  explicit LostWakeup(const LockOrder* order = nullptr) : order_(order) {}

  std::string_view name() const override { return "misuse.lost-wakeup"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

  // The signal that came too early for the wait in which the task stands; nullptr: there was none.
  const Signal* LostOn(TaskId task, const Model& model) const;

 private:
  // A first wait that a lost signal preceded.
  struct Suspect {
    ObjectId cond = 0;
    ObjectId lock = 0;
    Signal signal;
    std::uint64_t wait_seq = 0;
    bool held_lock_then = false;  // when the signal came
  };

  bool HasLookedSince(TaskId task, const Suspect& suspect) const;
  Finding Describe(TaskId task, const Suspect& suspect, const Model& model) const;

  const LockOrder* order_;
  absl::flat_hash_map<ObjectId, Signal> last_;
  absl::flat_hash_set<std::pair<TaskId, ObjectId>> has_waited_;
  absl::flat_hash_map<TaskId, Suspect> suspects_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOST_WAKEUP_H_
