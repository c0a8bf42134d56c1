// Sets of held locks as small numbers: what an access costs to remember them.
//
// A set is the set below it and one lock more, in order of acquisition: a tree whose nodes are
// interned. Of each task the path to its present node is kept, so that only what it locked since
// its last access is looked up.
//
// Cost      constant per lock taken since the last call; 24 bytes per distinct set.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_

#include <array>
#include <cstddef>
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
    return held.empty() ? 0 : Intern(model.ClockOf(task).slot(), held);
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

  std::uint32_t Intern(ClockSlot slot, const std::vector<Hold>& held);
  std::uint32_t NodeOf(std::uint32_t below, const Hold& hold);
  std::uint32_t FindNode(std::uint32_t below, const HeldLock& lock);

  static constexpr std::size_t kRecent = 1'024;

  std::vector<Node> nodes_{1};  // 0 is the empty set
  std::array<std::uint32_t, kRecent>
      recent_{};  // nodes that were found, by a hash of what they are
  absl::flat_hash_map<std::tuple<std::uint32_t, ObjectId, std::uint64_t>, std::uint32_t> known_;
  PagedTable<std::vector<Step>> paths_;  // of each task that lives, by its clock's slot
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCKSET_TABLE_H_
