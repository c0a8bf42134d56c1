// Where heap blocks and threads' stacks lie: what an address belonged to, and to whom.
//
// A block that was freed stays until its memory is used again: who touches it before that is told
// whose it was. Its reuse orders nothing but the accesses to that memory itself, which are those of
// another block from then on. The allocator's own lock orders more, but only as it happened this
// time: two threads that allocate and free at all would hardly ever be found to race.
//
// Locking   none.
// Cost      logarithmic in the blocks for each event; 64 bytes per block that lives, or whose
//           memory nobody has used since.
#ifndef GORDIAN_DETECTOR_MODEL_MEMORY_MAP_H_
#define GORDIAN_DETECTOR_MODEL_MEMORY_MAP_H_

#include <cstdint>

#include "absl/container/btree_map.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

struct MemoryBlock {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  bool is_stack = false;
  bool ended = false;      // freed, or its thread has left it
  trace::TaskId task = 0;  // who allocated it; whose stack it is
  trace::SiteId site = 0;  // where
  trace::TaskId ended_by = 0;
  trace::SiteId ended_at = 0;

  bool Contains(std::uint64_t at) const { return at >= address && at - address < bytes; }
};

class MemoryMap {
 public:
  // The block that has this byte, or had it last; nullptr where none is known.
  const MemoryBlock* At(std::uint64_t address) const;

  // `heap-alloc` or `stack-begin` by the event's task.
  void Begin(const trace::Event& event);
  // `heap-free` or `stack-end`.
  void End(const trace::Event& event);

 private:
  using Blocks = absl::btree_map<std::uint64_t, MemoryBlock>;

  Blocks::iterator Find(std::uint64_t address);
  void Evict(std::uint64_t address, std::uint64_t bytes);

  Blocks blocks_;  // by address; none overlaps another one
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_MEMORY_MAP_H_
