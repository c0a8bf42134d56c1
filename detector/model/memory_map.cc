#include "detector/model/memory_map.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

MemoryMap::Blocks::iterator MemoryMap::Find(std::uint64_t address) {
  auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) return blocks_.end();
  const auto found = std::prev(next);
  return found->second.Contains(address) ? found : blocks_.end();
}

const MemoryBlock* MemoryMap::At(std::uint64_t address) const {
  const auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) return nullptr;
  const MemoryBlock& block = std::prev(next)->second;
  return block.Contains(address) ? &block : nullptr;
}

// What lay in these bytes is gone; what of it lay before and behind them stays.
void MemoryMap::Evict(std::uint64_t address, std::uint64_t bytes) {
  const std::uint64_t last = address + (bytes - 1);
  auto at = blocks_.upper_bound(last);
  while (at != blocks_.begin()) {
    at = std::prev(at);
    MemoryBlock old = at->second;
    const std::uint64_t old_last = old.address + (old.bytes - 1);
    if (old_last < address) return;
    at = blocks_.erase(at);
    if (old_last > last) {
      MemoryBlock tail = old;
      tail.address = last + 1;
      tail.bytes = old_last - last;
      at = blocks_.emplace(tail.address, std::move(tail)).first;
    }
    if (old.address < address) {
      old.bytes = address - old.address;
      blocks_.emplace(old.address, std::move(old));
      return;
    }
  }
}

void MemoryMap::Begin(const Event& event) {
  const std::uint64_t address = event.args[0];
  const std::uint64_t bytes = std::min(event.args[1], ~address);
  if (bytes == 0) return;
  Evict(address, bytes);
  if (event.Has(trace::kFlagPart) && address != 0) {
    const auto before = Find(address - 1);
    if (before != blocks_.end() && !before->second.ended && before->second.task == event.task) {
      before->second.bytes += bytes;
      return;
    }
  }
  MemoryBlock block;
  block.address = address;
  block.bytes = bytes;
  block.is_stack = event.type == EventType::kStackBegin;
  block.task = event.task;
  block.site = event.site;
  blocks_.emplace(address, std::move(block));
}

void MemoryMap::End(const Event& event) {
  const auto found = Find(event.args[0]);
  if (found == blocks_.end()) return;
  MemoryBlock& block = found->second;
  block.ended = true;
  block.ended_by = event.task;
  block.ended_at = event.site;
}

}  // namespace gordian::detector
