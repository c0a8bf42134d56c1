#include "detector/analysis/lockset_table.h"

#include <algorithm>

namespace gordian::detector {

std::uint32_t LocksetTable::NodeOf(std::uint32_t below, const Hold& hold) {
  const std::uint64_t how = (std::uint64_t{hold.site} << 1) | (hold.shared ? 1u : 0u);
  const auto [found, is_new] =
      known_.try_emplace({below, hold.object, how}, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.push_back({below, {hold.object, hold.shared, hold.site}});
  return found->second;
}

std::uint32_t LocksetTable::Intern(TaskId task, const std::vector<Hold>& held) {
  std::vector<Step>* path = paths_.At(task);
  if (path == nullptr) return 0;
  std::size_t same = 0;
  while (same < std::min(path->size(), held.size()) && (*path)[same].seq == held[same].seq) ++same;
  path->resize(same);
  for (std::size_t i = same; i < held.size(); ++i) {
    path->push_back({held[i].seq, NodeOf(path->empty() ? 0 : path->back().node, held[i])});
  }
  return path->back().node;
}

std::vector<HeldLock> LocksetTable::Locks(std::uint32_t lockset) const {
  std::vector<HeldLock> locks;
  for (; lockset != 0; lockset = nodes_[lockset].below) locks.push_back(nodes_[lockset].lock);
  std::ranges::reverse(locks);
  return locks;
}

}  // namespace gordian::detector
