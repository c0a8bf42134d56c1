#include "detector/analysis/lockset_table.h"

#include <algorithm>

namespace gordian::detector {

std::uint32_t LocksetTable::NodeOf(std::uint32_t below, const Hold& hold) {
  const HeldLock lock{hold.object, hold.shared, hold.site};
  const std::uint64_t hash =
      (below * std::uint64_t{31} + lock.object * std::uint64_t{7} + lock.site) *
      0x9E3779B97F4A7C15u;
  std::uint32_t& recent = recent_[hash >> 54];
  const Node& node = nodes_[recent];
  const bool is_it = recent != 0 && node.below == below && node.lock.object == lock.object &&
                     node.lock.shared == lock.shared && node.lock.site == lock.site;
  return is_it ? recent : recent = FindNode(below, lock);
}

std::uint32_t LocksetTable::FindNode(std::uint32_t below, const HeldLock& lock) {
  const std::uint64_t how = (std::uint64_t{lock.site} << 1) | (lock.shared ? 1u : 0u);
  const auto [found, is_new] =
      known_.try_emplace({below, lock.object, how}, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.push_back({below, lock});
  return found->second;
}

std::uint32_t LocksetTable::Intern(ClockSlot slot, const std::vector<Hold>& held) {
  std::vector<Step>* path = paths_.At(slot);
  if (path == nullptr) return 0;
  // Nothing was acquired since the last call; and what was released would be missing.
  const bool as_before = path->size() == held.size() && path->back().seq == held.back().seq;
  if (as_before) return path->back().node;
  std::size_t same = 0;
  while (same < std::min(path->size(), held.size()) && (*path)[same].seq == held[same].seq) ++same;
  path->resize(held.size());
  std::uint32_t node = same > 0 ? (*path)[same - 1].node : 0;
  for (std::size_t i = same; i < held.size(); ++i) {
    node = NodeOf(node, held[i]);
    (*path)[i] = {held[i].seq, node};
  }
  return node;
}

std::vector<HeldLock> LocksetTable::Locks(std::uint32_t lockset) const {
  std::vector<HeldLock> locks;
  for (; lockset != 0; lockset = nodes_[lockset].below) locks.push_back(nodes_[lockset].lock);
  std::ranges::reverse(locks);
  return locks;
}

}  // namespace gordian::detector
