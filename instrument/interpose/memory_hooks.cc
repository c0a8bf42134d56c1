// What instrumented code calls when its filter does not know an access.
#include "instrument/interpose/entry.h"
#include "instrument/interpose/memory_access.h"
#include "instrument/interpose/memory_events.h"

namespace gordian::interpose {
namespace {

std::uintptr_t Bits(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

#define GORDIAN_ACCESS_HOOKS(bytes)                                           \
  GORDIAN_ENTRY void gordian_read##bytes(const void* address) {               \
    RecordAccess(GORDIAN_CALLER(), Bits(address), bytes, AccessKind::kRead);  \
  }                                                                           \
  GORDIAN_ENTRY void gordian_write##bytes(const void* address) {              \
    RecordAccess(GORDIAN_CALLER(), Bits(address), bytes, AccessKind::kWrite); \
  }
GORDIAN_ACCESS_HOOKS(1)
GORDIAN_ACCESS_HOOKS(2)
GORDIAN_ACCESS_HOOKS(4)
GORDIAN_ACCESS_HOOKS(8)
GORDIAN_ACCESS_HOOKS(16)
#undef GORDIAN_ACCESS_HOOKS

GORDIAN_ENTRY void gordian_read_range(const void* address, std::size_t bytes, std::size_t stride,
                                      std::size_t count) {
  RecordRange(GORDIAN_CALLER(), Bits(address), bytes, stride, count, AccessKind::kRead);
}

GORDIAN_ENTRY void gordian_write_range(void* address, std::size_t bytes, std::size_t stride,
                                       std::size_t count) {
  RecordRange(GORDIAN_CALLER(), Bits(address), bytes, stride, count, AccessKind::kWrite);
}

GORDIAN_ENTRY void gordian_init() { FollowMemory(); }

}  // extern "C"
