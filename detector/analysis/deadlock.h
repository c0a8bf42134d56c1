// deadlock.cycle, deadlock.self and deadlock.global: what happened.
//
// At a cut: who is blocked for ever (wait_for.h), and in which cycles (deadlock_graph.h). Where
// nothing can run any more, one deadlock.global contains them all; else each cycle is a finding of
// its own. Tasks blocked behind a deadlock are listed in it, and are not also leaks.
//
// Proves    that no continuation of the trace releases the members, for locks, Onces and
//           joins; for channels and WaitGroups as far as who could use them is known.
// Limits    a lock that another task than its holder could unlock, and never did so far,
//           is taken for owned.
// Locking   none.
// Cost      nothing per event; linear in stuck tasks at a cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_H_
#define GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_H_

#include <string_view>
#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/analysis/deadlock_graph.h"
#include "detector/analysis/lock_order.h"
#include "detector/analysis/lost_wakeup.h"
#include "detector/analysis/wait_for.h"

namespace gordian::detector {

class Deadlock : public Analysis {
 public:
  // Both, if any, outlive this and have seen the same events: `order` knows which order of two
  // locks is the rule and which the exception, `lost` which signals came too early.
  explicit Deadlock(const LockOrder* order = nullptr, const LostWakeup* lost = nullptr)
      : order_(order), lost_(lost) {}

  std::string_view name() const override { return "deadlock"; }
  EventSet wants() const override { return {}; }
  void On(const trace::Event&, const Model&) override {}
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  const LockOrder* order_;
  const LostWakeup* lost_;
};

// The words (deadlock_report.cc, standstill_report.cc, deadlock_words.cc).
Finding DescribeDeadlock(const DeadlockCore& core, const Stuck& stuck, const LockOrder* order);
Finding DescribeGlobal(const std::vector<DeadlockCore>& cores, const Stuck& stuck,
                       const LockOrder* order);
// Nothing can run any more, and no cycle says why.
Finding DescribeStandstill(const Stuck& stuck, const LostWakeup* lost);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_H_
