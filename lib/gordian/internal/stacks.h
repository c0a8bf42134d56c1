// Memory for goroutine stacks: slabs of equal stacks, each with a guard below.
//
// Guards   where the kernel has lightweight guard regions (Linux 6.13+) every stack has one
//          and a slab stays a single mapping. Elsewhere the first 20 000 stacks get a guard
//          page of their own (each splits its mapping, and the kernel limits mappings), and
//          the rest a canary that is checked at each switch: their lowest words must still be
//          zero. Reading them costs no memory, an untouched page reads as zero.
// Locking  one SpinLock; pools of stacks are the scheduler's.
// Limits   stacks are never unmapped: they are reused, their deep pages given back on request.
#ifndef GORDIAN_LIB_INTERNAL_STACKS_H_
#define GORDIAN_LIB_INTERNAL_STACKS_H_

#include <cstddef>

namespace gordian::internal {

enum class GuardKind { kRegion, kPage, kCanary };

struct Stack {
  std::byte* bottom = nullptr;  // lowest usable byte, above the guard
  std::size_t size = 0;
  GuardKind guard = GuardKind::kCanary;
};

// How the next stack will be guarded, for `gordian doctor`.
GuardKind NextGuardKind();

// Bytes per stack, guard included. Takes effect for slabs made later.
std::size_t StackBytes();

// A stack that was never used. False where there is no memory.
bool NewStack(Stack& stack);

// Gives back all memory of `stack` but its highest `keep` bytes.
void ReleaseDeepPages(const Stack& stack, std::size_t keep);

// Whether a stack that has only a canary has run over its end.
bool CanaryDied(const Stack& stack);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_STACKS_H_
