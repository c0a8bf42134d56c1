// contention.lock, .long-hold, .convoy and .share: measures of locks that tasks waited for.
//
// All are `info`. Per lock: how often it was taken and waited for, how long waits and holds lasted,
// the longest of each with its place, the longest queue, runs of hand-overs with somebody always
// waiting behind (a convoy), and each task's share of acquisitions and of hold time.
// Limits: times are as fine as the recorder's clock readings, which stand on slow paths and on
// every n-th event; short holds that nobody waited for measure as zero.
//
// Cost: one look-up per event of a lock that nobody has waited for, else a few additions; one
// entry per contended lock and task that uses it.
#ifndef GORDIAN_DETECTOR_ANALYSIS_CONTENTION_H_
#define GORDIAN_DETECTOR_ANALYSIS_CONTENTION_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

// What one task had of one lock.
struct LockShare {
  TaskId task = 0;
  std::uint64_t acquisitions = 0, held_ns = 0, waited_ns = 0;
};

struct LockMeasure {
  std::uint64_t acquisitions = 0, contended = 0;
  std::uint64_t waited_ns = 0, held_ns = 0;
  std::uint64_t longest_wait_ns = 0;
  TaskId longest_waiter = 0;
  SiteId longest_wait_site = 0;
  std::uint64_t longest_hold_ns = 0;  // while somebody waited
  TaskId longest_holder = 0;
  SiteId longest_hold_site = 0;
  std::size_t longest_queue = 0;                 // 0: nobody has ever waited
  std::uint64_t convoy = 0, longest_convoy = 0;  // hand-overs in a row
  std::vector<LockShare> shares;                 // of many hundred tasks, the largest
  std::size_t last_share = 0;
  absl::flat_hash_map<TaskId, std::size_t> share_of;  // → index in `shares`
};

class Contention final : public Analysis {
 public:
  explicit Contention(const Limits& limits = {}) : limits_(limits) {}
  std::string_view name() const override { return "contention.lock"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  // At the end of a program: measures of parts of a run would not add up.
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

  // nullptr: never taken.
  const LockMeasure* Of(ObjectId lock) const { return locks_.Find(lock); }

 private:
  static LockShare& ShareOf(LockMeasure& lock, TaskId task);
  void Acquire(const trace::Event& event, LockMeasure& lock, const Model& model);
  void Release(const trace::Event& event, LockMeasure& lock, const Model& model);
  void End(ObjectId object);

  Limits limits_;
  PagedTable<LockMeasure> locks_;
  bool reported_ = false;
};

// The measures of one lock that are worth a line (contention_report.cc).
void DescribeContention(ObjectId lock, const LockMeasure& measure, const Limits& limits,
                        const Model& model, std::vector<Finding>& findings);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_CONTENTION_H_
