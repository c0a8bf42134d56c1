// misuse.waitgroup-reuse: an Add that finds the counter at zero, unordered with a Wait.
//
// Proves: happens-before orders neither the Add before the Wait begins nor the Wait's return
// before the Add, so that another schedule lets the Wait return at once. An Add while the counter
// is above zero is no such case: somebody who is counted keeps the Wait from returning. The Done
// that the Wait itself sees orders nothing here: it is judged by what the waiter knew when it
// began. (The same rule as Go's race detector applies to sync.WaitGroup.)
//
// Cost: per WaitGroup the latest unordered Adds from zero and Waits.
#ifndef GORDIAN_DETECTOR_ANALYSIS_WAITGROUP_REUSE_H_
#define GORDIAN_DETECTOR_ANALYSIS_WAITGROUP_REUSE_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class WaitGroupReuse final : public Analysis {
 public:
  std::string_view name() const override { return "misuse.waitgroup-reuse"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Moment {
    TaskId task = 0;
    std::uint32_t epoch = 0;
    SiteId site = 0;
    std::uint64_t seq = 0;
  };
  struct Group {
    std::vector<Moment> adds, waits;  // the latest that are unordered among each other
  };

  void Report(ObjectId group, const Moment& add, const Moment& wait, const Model& model);

  absl::flat_hash_map<ObjectId, Group> groups_;
  absl::flat_hash_set<std::pair<SiteId, SiteId>> known_;
  std::vector<Finding> findings_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_WAITGROUP_REUSE_H_
