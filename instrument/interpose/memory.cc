// The preloader's own heap: every `new` in it ends here.
//
// The program's allocator may take locks, and the hooks of those locks may need memory: asking
// the program's allocator for it would deadlock or recurse. Blocks are powers of two, kept
// in free lists and never given back to the system.
//
// Locking  one spin lock. A signal handler that interrupts an allocation finds its thread busy
//          (see thread.h) and does not come here.
// Limits   where the system has no more memory, a piece that was kept back serves what is under
// way,
//          and nothing more is recorded. Without even that, an allocation ends with abort().
#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "instrument/interpose/spin.h"
#include "instrument/recorder/attach.h"

namespace gordian::interpose {
namespace {

constexpr std::size_t kSmallest = 32;
constexpr std::size_t kLargestKept = std::size_t{1} << 20;  // larger ones are mapped by themselves
constexpr std::size_t kPiece = std::size_t{1} << 18;        // taken from the system at once
constexpr std::size_t kHeader = alignof(std::max_align_t);

struct Block {
  std::size_t bytes;  // with this header
  Block* next;
};

struct Heap {
  SpinLock lock;
  std::array<Block*, 24> free{};
  std::byte* rest = nullptr;
  std::size_t left = 0;
  std::byte* reserve = nullptr;  // a piece
};
constinit Heap g_heap;

std::byte* TryMap(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

std::byte* Map(std::size_t bytes) {
  std::byte* memory = TryMap(bytes);
  if (memory == nullptr) abort();
  return memory;
}

// A piece ahead of need, so that the end of memory is seen while there is some. Under the lock.
std::byte* NextPiece() {
  std::byte* piece = g_heap.reserve != nullptr ? g_heap.reserve : Map(kPiece);
  g_heap.reserve = TryMap(kPiece);
  if (g_heap.reserve == nullptr) recorder::BreakOff();
  return piece;
}

std::size_t ClassOf(std::size_t bytes) { return static_cast<std::size_t>(std::bit_width(bytes)); }

void* Allocate(std::size_t wanted) {
  const std::size_t bytes =
      std::bit_ceil(wanted + kHeader < kSmallest ? kSmallest : wanted + kHeader);
  Block* block = nullptr;
  if (bytes > kLargestKept) {
    block = reinterpret_cast<Block*>(Map(bytes));
  } else {
    SpinGuard guard(g_heap.lock);
    Block*& first = g_heap.free[ClassOf(bytes)];
    if (first != nullptr) {
      block = first;
      first = block->next;
    } else {
      if (g_heap.left < bytes) {
        g_heap.left = bytes > kPiece ? bytes : kPiece;
        g_heap.rest = bytes > kPiece ? Map(bytes) : NextPiece();
      }
      block = reinterpret_cast<Block*>(g_heap.rest);
      g_heap.rest += bytes;
      g_heap.left -= bytes;
    }
  }
  block->bytes = bytes;
  return reinterpret_cast<std::byte*>(block) + kHeader;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  auto* block = reinterpret_cast<Block*>(static_cast<std::byte*>(memory) - kHeader);
  if (block->bytes > kLargestKept) {
    munmap(block, block->bytes);
    return;
  }
  SpinGuard guard(g_heap.lock);
  Block*& first = g_heap.free[ClassOf(block->bytes)];
  block->next = first;
  first = block;
}

}  // namespace
}  // namespace gordian::interpose

// The aligned forms are not replaced: nothing in the preloader is over-aligned.
void* operator new(std::size_t bytes) { return gordian::interpose::Allocate(bytes); }
void* operator new[](std::size_t bytes) { return gordian::interpose::Allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return gordian::interpose::Allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return gordian::interpose::Allocate(bytes);
}
void operator delete(void* memory) noexcept { gordian::interpose::Free(memory); }
void operator delete[](void* memory) noexcept { gordian::interpose::Free(memory); }
void operator delete(void* memory, std::size_t) noexcept { gordian::interpose::Free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { gordian::interpose::Free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  gordian::interpose::Free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  gordian::interpose::Free(memory);
}
