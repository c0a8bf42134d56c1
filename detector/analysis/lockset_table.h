// Sets of held locks as small numbers: what an access costs to remember them.
//
// A set is the set below it and one lock more, in order of acquisition: a tree whose nodes are
// interned. Of each task the path to its present node is kept, so that only what it locked since
// its last access is looked up.
//
// Cost      constant per lock taken since the last call; 24 bytes per distinct set.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_

#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/finding/finding.h"
#include "detector/model/model.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

class LocksetTable {
 public:
  // The number of what the task holds now; 0: no lock.
  std::uint32_t Held(TaskId task, const Model& model) {
    const std::vector<Hold>& held = model.Task(task).held;
    return held.empty() ? 0 : Intern(task, held);
  }

  // In order of acquisition.
  std::vector<HeldLock> Locks(std::uint32_t lockset) const;

 private:
  struct Node {
    std::uint32_t below = 0;
    HeldLock lock;
  };
  struct Step {
    std::uint64_t seq = 0;  // of the acquisition
    std::uint32_t node = 0;
  };

  std::uint32_t Intern(TaskId task, const std::vector<Hold>& held);
  std::uint32_t NodeOf(std::uint32_t below, const Hold& hold);

  std::vector<Node> nodes_{1};  // 0 is the empty set
  absl::flat_hash_map<std::tuple<std::uint32_t, ObjectId, std::uint64_t>, std::uint32_t> known_;
  PagedTable<std::vector<Step>> paths_;  // of each task
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_
