// The entry points of the allocator. Operators new and delete end here as well, where the program
// has none of its own.
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/memory_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<void*(std::size_t)> g_malloc{"malloc"};
constinit Next<void*(std::size_t, std::size_t)> g_calloc{"calloc"};
constinit Next<void*(void*, std::size_t)> g_realloc{"realloc"};
constinit Next<void(void*)> g_free{"free"};
constinit Next<int(void**, std::size_t, std::size_t)> g_posix_memalign{"posix_memalign"};
constinit Next<void*(std::size_t, std::size_t)> g_aligned_alloc{"aligned_alloc"};
constinit Next<void*(std::size_t, std::size_t)> g_memalign{"memalign"};
constinit Next<void*(std::size_t)> g_valloc{"valloc"};
constinit Next<void*(std::size_t)> g_pvalloc{"pvalloc"};
constinit Next<std::size_t(void*)> g_usable_size{"malloc_usable_size"};

bool IsTold() { return g_instrumented.load(std::memory_order_relaxed); }

// The whole block, also what the program has not asked for: nobody else has it.
void* Allocated(Caller caller, void* block) {
  if (block != nullptr && IsTold()) BlockAllocated(caller, block, g_usable_size(block));
  return block;
}

void Freeing(Caller caller, void* block) {
  if (block != nullptr && IsTold()) BlockFreed(caller, block, g_usable_size(block));
}

// The old block is free before the allocator has said whether it stays in its place.
void* Reallocate(Caller caller, void* block, std::size_t bytes) {
  if (block == nullptr || !IsTold()) return Allocated(caller, g_realloc(block, bytes));
  const std::size_t before = g_usable_size(block);
  BlockFreed(caller, block, before);
  void* moved = g_realloc(block, bytes);
  if (moved == nullptr && bytes != 0) {
    BlockAllocated(caller, block, before);  // it stays as it was
    return nullptr;
  }
  return Allocated(caller, moved);
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY void* malloc(std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_malloc(bytes));
}

GORDIAN_ENTRY void* calloc(std::size_t count, std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_calloc(count, bytes));
}

GORDIAN_ENTRY void* realloc(void* block, std::size_t bytes) noexcept {
  return Reallocate(GORDIAN_CALLER(), block, bytes);
}

GORDIAN_ENTRY void* reallocarray(void* block, std::size_t count, std::size_t bytes) noexcept {
  std::size_t all = 0;
  if (__builtin_mul_overflow(count, bytes, &all)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Reallocate(GORDIAN_CALLER(), block, all);
}

GORDIAN_ENTRY void free(void* block) noexcept {
  Freeing(GORDIAN_CALLER(), block);
  g_free(block);
}

GORDIAN_ENTRY int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
  const int error = g_posix_memalign(block, alignment, bytes);
  if (error == 0) Allocated(GORDIAN_CALLER(), *block);
  return error;
}

GORDIAN_ENTRY void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_aligned_alloc(alignment, bytes));
}

GORDIAN_ENTRY void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_memalign(alignment, bytes));
}

GORDIAN_ENTRY void* valloc(std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_valloc(bytes));
}

GORDIAN_ENTRY void* pvalloc(std::size_t bytes) noexcept {
  return Allocated(GORDIAN_CALLER(), g_pvalloc(bytes));
}

}  // extern "C"
