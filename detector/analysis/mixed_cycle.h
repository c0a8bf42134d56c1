// deadlock.cycle, predicted: a task waits, with a lock held, for one who wants that lock first.
//
// In the run one task received, sent, acquired a permit, joined, waited for a WaitGroup, a Once or
// a condition while it held a lock, and whoever served it came there only after somebody had taken,
// and given back, the same lock. Had the lock gone the other way round, they would wait for each
// other for ever. Whether the wait blocked in the run does not matter.
//
// Proves (predicted): a sync-preserving reordering (sp_closure.h) brings the one to its wait, with
// the lock, and the other to its request of the lock; at that point what it waits for is not there
// (the channel is empty, or full, and not closed; the counter not zero; too few permits free; the
// Once begun and not done; the condition not signalled since the wait began); and whatever of the
// run could still serve the wait comes, by program order and flows, after an acquisition of the
// lock or after the wait itself. What cannot be proved is not reported; but a join of a thread
// whose last section under any lock is that one is suspected: it may note its end there.
//
// Limits    cycles over one lock; waits in a select and those that a timer or a context may end are
//           left out, as are barriers, and locks that are used as signals. Of waits at the same
//           places a few instances are tried, within a fixed effort.
// Locking   none.
//           Objects with very many operations are left out.
// Cost      On(): nothing for locks; a dense look-up and 16 bytes per operation on what one can
//           wait for, up to a limit per object. AtCut(): only where a wait of that kind is new.
#ifndef GORDIAN_DETECTOR_ANALYSIS_MIXED_CYCLE_H_
#define GORDIAN_DETECTOR_ANALYSIS_MIXED_CYCLE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/analysis/lock_order.h"
#include "detector/analysis/lock_trace.h"
#include "detector/analysis/sp_closure.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

// A wait of a task that held locks, which was served.
struct ServedWait {
  TaskId task = 0;
  Seq at = 0;  // of the operation that completed
  WaitKind kind = WaitKind::kNone;
  ObjectId object = 0;  // 0: a join
  TaskId joined = 0;
  std::int64_t wanted = 1;  // permits
  Seq begun = 0;            // of a condition's wait
  SiteId site = 0;
  std::vector<Hold> held;
};

// `wait.task` holds `lock` and waits for `server`, which can serve it only after `asker` has the
// lock (`request` of its acquisitions); mostly the two are one.
struct MixedCycleCase {
  const ServedWait* wait = nullptr;
  const Hold* lock = nullptr;
  TaskId server = 0;
  Seq serves_at = 0;
  SiteId serves_site = 0;
  TaskId asker = 0;
  std::uint32_t request = 0;
};

class MixedCycle : public Analysis {
 public:
  // `order` outlives this, and has seen the same events at each cut.
  explicit MixedCycle(const LockOrder& order)
      : trace_(order.trace()), closure_(trace_, sections_), past_(trace_, sections_) {}

  std::string_view name() const override { return "deadlock.cycle, predicted"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  enum class OpKind : std::uint8_t {
    kSend,
    kRecv,
    kClose,
    kOfferSend,
    kOfferRecv,
    kAdd,  // to a counter: of a WaitGroup, or of the permits that are taken
    kBegin,
    kEnd,  // of a Once
    kSignal,
  };
  struct Op {
    Seq at = 0;
    TaskId task = 0;
    SiteId site : 24 = 0;
    OpKind kind : 8 = OpKind::kSend;
    std::int32_t delta = 0;  // kAdd
  };
  static_assert(sizeof(Op) == 16);
  struct Ops {
    std::vector<Op> all;
    bool too_many = false;  // nothing is said of it
  };
  // What keeps a task from serving.
  enum class Barrier : std::uint8_t { kNone, kWaiter, kLock };

  void NoteOp(const trace::Event& event, OpKind kind);
  void NoteWait(const trace::Event& event, WaitKind kind, const Model& model);
  void NoteCount(const trace::Event& event, std::int64_t sign);
  bool Examine(const ServedWait& wait, const Hold& lock, const Model& model, MixedCycleCase& found);
  bool ReachesWait(const ServedWait& wait);
  bool Reaches(const MixedCycleCase& found);

  // Of the reordering as far as it is known (mixed_cycle_serving.cc): whether whoever can serve the
  // wait is kept from it, somebody by the lock; `blocks`: and what it waits for is not there.
  bool IsServedOnlyBehindLock(MixedCycleCase& found, const Model& model, bool& blocks);
  bool CountStays(const Ops& ops, std::int64_t atleast, MixedCycleCase& found, bool& blocks);
  bool NobodyServes(const Ops& ops, std::int64_t capacity, MixedCycleCase& found, bool& blocks);
  Barrier WhatKeeps(TaskId server, Seq from, MixedCycleCase& found);
  bool Included(const Op& op) const { return op.at <= closure_.Upto(op.task); }

  static bool CanServe(OpKind op, WaitKind wait);

  static constexpr std::uint64_t kWork = 10'000'000;  // steps, per cut

  const LockTrace& trace_;
  LockSections sections_;
  SpClosure closure_;                                             // the reordering
  SpClosure past_;                                                // what a serving operation needs
  PagedTable<Ops> ops_;                                           // by object
  std::uint64_t work_ = 0;                                        // of this cut
  std::vector<ServedWait> waits_;                                 // since the last cut
  std::map<std::pair<SiteId, SiteId>, std::uint32_t> instances_;  // noted, by wait and lock
  std::set<std::vector<SiteId>> reported_;                        // by places
};

// The words (mixed_cycle_report.cc).
Finding DescribeMixedCycle(const MixedCycleCase& found, const LockTrace& trace, const Cut& cut,
                           const Model& model);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_MIXED_CYCLE_H_
