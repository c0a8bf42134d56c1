// misuse.*: operations that are wrong by themselves, as the program committed them.
//
// Proves: the operation happened. Most are recorded by whoever noticed (the event `misuse`);
// a negative WaitGroup, a second close, a wait on nil and a Once inside itself are judged from
// the other events too, for traces whose recorder does not say so.
// Assumes that the recorder tells the truth. One finding per rule and place.
//
// Cost: nothing but for closes, WaitGroups and misuses themselves.
#ifndef GORDIAN_DETECTOR_ANALYSIS_MISUSE_H_
#define GORDIAN_DETECTOR_ANALYSIS_MISUSE_H_

#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class Misuse final : public Analysis {
 public:
  std::string_view name() const override { return "misuse"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Act {
    TaskId task = 0;
    SiteId site = 0;
    std::uint64_t seq = 0;
  };
  using Key = std::tuple<trace::MisuseKind, SiteId, ObjectId>;

  void Report(trace::MisuseKind kind, ObjectId object, const Act& act, const Model& model);
  void AddOthers(trace::MisuseKind kind, ObjectId object, const Act& act, Finding& finding,
                 const Model& model) const;
  void JudgeBlocked(const Cut& cut, const Model& model);

  absl::flat_hash_map<ObjectId, Act> closes_;  // the first close of each channel
  absl::flat_hash_map<ObjectId, Act> dones_;   // the last Done of each WaitGroup
  absl::flat_hash_map<Key, std::size_t> known_;
  std::vector<Finding> findings_;
  absl::flat_hash_set<TaskId> told_;  // by whom an event says that it blocks for ever
  std::size_t reported_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_MISUSE_H_
