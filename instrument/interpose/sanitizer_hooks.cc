// ThreadSanitizer's entry points for plain memory: what code that was compiled with
// -fsanitize=thread calls at each access.
#include <cstring>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/memory_access.h"
#include "instrument/interpose/memory_events.h"
#include "instrument/interpose/sanitizer_start.h"

namespace gordian::interpose {
namespace {

std::uintptr_t Bits(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

void Access(Caller caller, const void* address, std::size_t bytes, AccessKind kind) {
  RecordAccess(caller, Bits(address), bytes, kind);
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

#define GORDIAN_READ(name, bytes)                                \
  GORDIAN_ENTRY void __tsan_##name(void* address) {              \
    Access(GORDIAN_CALLER(), address, bytes, AccessKind::kRead); \
  }
#define GORDIAN_WRITE(name, bytes)                                \
  GORDIAN_ENTRY void __tsan_##name(void* address) {               \
    Access(GORDIAN_CALLER(), address, bytes, AccessKind::kWrite); \
  }
#define GORDIAN_ACCESSES(bytes)                       \
  GORDIAN_READ(read##bytes, bytes)                    \
  GORDIAN_WRITE(write##bytes, bytes)                  \
  GORDIAN_WRITE(read_write##bytes, bytes)             \
  GORDIAN_READ(volatile_read##bytes, bytes)           \
  GORDIAN_WRITE(volatile_write##bytes, bytes)         \
  GORDIAN_READ(unaligned_read##bytes, bytes)          \
  GORDIAN_WRITE(unaligned_write##bytes, bytes)        \
  GORDIAN_WRITE(unaligned_read_write##bytes, bytes)   \
  GORDIAN_READ(unaligned_volatile_read##bytes, bytes) \
  GORDIAN_WRITE(unaligned_volatile_write##bytes, bytes)
GORDIAN_ACCESSES(1)
GORDIAN_ACCESSES(2)
GORDIAN_ACCESSES(4)
GORDIAN_ACCESSES(8)
GORDIAN_ACCESSES(16)
#undef GORDIAN_ACCESSES

// The same with the place of the access, which is looked up anyway; and accesses of a program that
// casts pointers.
#define GORDIAN_PLACED_ACCESSES(bytes)                                \
  GORDIAN_ENTRY void __tsan_read##bytes##_pc(void* address, void*) {  \
    Access(GORDIAN_CALLER(), address, bytes, AccessKind::kRead);      \
  }                                                                   \
  GORDIAN_ENTRY void __tsan_write##bytes##_pc(void* address, void*) { \
    Access(GORDIAN_CALLER(), address, bytes, AccessKind::kWrite);     \
  }
GORDIAN_PLACED_ACCESSES(1)
GORDIAN_PLACED_ACCESSES(2)
GORDIAN_PLACED_ACCESSES(4)
GORDIAN_PLACED_ACCESSES(8)
GORDIAN_PLACED_ACCESSES(16)
#undef GORDIAN_PLACED_ACCESSES

#define GORDIAN_UNALIGNED(bits)                                                                    \
  GORDIAN_ENTRY std::uint##bits##_t __sanitizer_unaligned_load##bits(const void* address) {        \
    Access(GORDIAN_CALLER(), address, bits / 8, AccessKind::kRead);                                \
    std::uint##bits##_t value;                                                                     \
    std::memcpy(&value, address, sizeof value);                                                    \
    return value;                                                                                  \
  }                                                                                                \
  GORDIAN_ENTRY void __sanitizer_unaligned_store##bits(void* address, std::uint##bits##_t value) { \
    Access(GORDIAN_CALLER(), address, bits / 8, AccessKind::kWrite);                               \
    std::memcpy(address, &value, sizeof value);                                                    \
  }
GORDIAN_UNALIGNED(16)
GORDIAN_UNALIGNED(32)
GORDIAN_UNALIGNED(64)
#undef GORDIAN_UNALIGNED
#undef GORDIAN_READ
#undef GORDIAN_WRITE

GORDIAN_ENTRY void __tsan_read_range(void* address, std::size_t bytes) {
  RecordBytes(GORDIAN_CALLER(), address, bytes, AccessKind::kRead);
}
GORDIAN_ENTRY void __tsan_write_range(void* address, std::size_t bytes) {
  RecordBytes(GORDIAN_CALLER(), address, bytes, AccessKind::kWrite);
}
GORDIAN_ENTRY void __tsan_read_range_pc(void* address, std::size_t bytes, void*) {
  RecordBytes(GORDIAN_CALLER(), address, bytes, AccessKind::kRead);
}
GORDIAN_ENTRY void __tsan_write_range_pc(void* address, std::size_t bytes, void*) {
  RecordBytes(GORDIAN_CALLER(), address, bytes, AccessKind::kWrite);
}

// A virtual table's pointer: a constructor that writes what is there already changes nothing.
GORDIAN_ENTRY void __tsan_vptr_update(void** address, void* value) {
  if (__atomic_load_n(address, __ATOMIC_RELAXED) == value) return;
  Access(GORDIAN_CALLER(), address, sizeof(void*), AccessKind::kWrite);
}
GORDIAN_ENTRY void __tsan_vptr_read(void** address) {
  Access(GORDIAN_CALLER(), address, sizeof(void*), AccessKind::kRead);
}

GORDIAN_ENTRY void* __tsan_memcpy(void* to, const void* from, std::size_t bytes) {
  RecordBytes(GORDIAN_CALLER(), from, bytes, AccessKind::kRead);
  RecordBytes(GORDIAN_CALLER(), to, bytes, AccessKind::kWrite);
  return std::memcpy(to, from, bytes);
}
GORDIAN_ENTRY void* __tsan_memmove(void* to, const void* from, std::size_t bytes) {
  RecordBytes(GORDIAN_CALLER(), from, bytes, AccessKind::kRead);
  RecordBytes(GORDIAN_CALLER(), to, bytes, AccessKind::kWrite);
  return std::memmove(to, from, bytes);
}
GORDIAN_ENTRY void* __tsan_memset(void* to, int byte, std::size_t bytes) {
  RecordBytes(GORDIAN_CALLER(), to, bytes, AccessKind::kWrite);
  return std::memset(to, byte, bytes);
}

GORDIAN_ENTRY void __tsan_init() {
  FollowMemory();
  StartSanitized();
}
// Stacks come from frame pointers and the unwinder.
GORDIAN_ENTRY void __tsan_func_entry(void*) {}
GORDIAN_ENTRY void __tsan_func_exit() {}

}  // extern "C"
