// deadlock.lock-order, and deadlock.self for recursive reads: deadlocks that did not happen.
//
// A cycle in the lock-order graph (lock_graph.h) whose acquisitions come from different tasks,
// share no gate (a lock, or more permits than there are), and respect modes and each lock's policy,
// is a finding: `predicted` where a sync-preserving reordering of this very trace reaches it
// (sp_closure.h; sound, after Tunç et al., PLDI 2023), else `suspected`, with what stands in its
// way. The same argument is used for a task that read-locks twice while another one may ask to
// write in between.
//
// Limits    patterns with read modes stay suspected, recursive reads excepted; locks that
//           are used as signals (foreign unlocks) are left out. Cycles and closures beyond a fixed
//           effort stay suspected or are not listed.
// Locking   none.
// Cost      On(): dense look-ups; one cached hash look-up per lock held where sections
//           nest. AtCut(): only where a nesting is new; memory 20 bytes per acquisition.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCK_ORDER_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCK_ORDER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"
#include "detector/analysis/lock_graph.h"
#include "detector/analysis/lock_pattern.h"
#include "detector/analysis/lock_trace.h"
#include "detector/analysis/permit_table.h"
#include "detector/analysis/recursive_read.h"

namespace gordian::detector {

// A pattern that is to be reported, and how often its like was seen.
struct LockOrderCase {
  Pattern pattern;
  Obstacle obstacle = Obstacle::kNone;
  std::uint32_t count = 1;           // cycles of locks taken at the same places
  std::vector<std::uint32_t> edges;  // of the lock graph
};

class LockOrder : public Analysis {
 public:
  LockOrder() : predictor_(trace_) {}

  std::string_view name() const override { return "deadlock.lock-order"; }
  EventSet wants() const override { return LockTrace::Wants(); }
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

  // The orders of locks seen so far.
  const LockGraph& graph() const { return graph_; }
  // What it remembers, for others that predict.
  const LockTrace& trace() const { return trace_; }

 private:
  using Locks = std::vector<ObjectId>;                    // of a cycle, smallest first
  using Places = std::vector<std::pair<SiteId, SiteId>>;  // held at, asked at; each once, sorted

  void FindCycles(const Cut& cut, const Model& model);
  bool Consider(std::span<const std::uint32_t> edges, const Cut& cut, const Model& model);
  bool IsConfirmed(const Locks& locks, const Cut& cut, const Model& model) const;
  bool KeptApartByPermits(const Pattern& pattern);
  const PermitSet& AlwaysHeld(const PatternStep& step);
  void Keep(LockOrderCase found);
  Places PlacesOf(const Pattern& pattern) const;
  void FindRecursiveReads(const Cut& cut, const Model& model, std::vector<Finding>* findings);

  LockTrace trace_;
  PermitTable permits_;
  LockGraph graph_;
  Predictor predictor_;
  bool fresh_ = false;  // a new abstract acquisition since the last cut
  std::set<Locks> seen_;
  std::map<Places, Verdict> reported_;
  std::map<Places, LockOrderCase> cases_;  // of this cut
  std::size_t left_ = 0;                   // of this cut's combinations
  std::uint64_t not_listed_ = 0;           // cases of this cut beyond what is listed
  // At each of an abstract acquisition's instances, by where these stand in this cut.
  absl::flat_hash_map<const AbstractAcquire::Instance*, PermitSet> always_held_;
  RecursiveReads recursive_reads_;
  std::set<std::pair<SiteId, SiteId>> read_places_;  // reported
};

// The words (lock_order_report.cc).

// What to do about two locks that are taken in both orders; `many`: not the only two.
std::string AdviseOnOrder(const LockGraph& graph, ObjectId a, ObjectId b, bool many,
                          const Model& model);
Finding DescribeLockOrder(const LockOrderCase& found, const LockTrace& trace,
                          const LockGraph& graph, const Cut& cut, const Model& model);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCK_ORDER_H_
