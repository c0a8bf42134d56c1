// What instrumented code does to plain memory, written to the trace.
//
// Locking   none.
// Cost      a walk over eight frame pointers, a look into a table, two words.
// Limits    nothing while the thread is inside of a hook (a signal's handler).
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_ACCESS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_ACCESS_H_

#include <cstddef>
#include <cstdint>

#include "instrument/interpose/access_site.h"
#include "instrument/interpose/call_site.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

enum class AccessKind : bool { kRead, kWrite };

// The filter's entry for an access of `bytes`, a power of two up to 16.
inline std::uint64_t FilterEntry(std::uintptr_t address, std::size_t bytes, AccessKind kind) {
  const auto size = static_cast<std::uint64_t>(std::bit_width(bytes) - 1);
  return (address | size << hooks::kSizeShift | gordian_filter.epoch) ^
         (kind == AccessKind::kWrite ? hooks::kWriteBit : 0);
}

inline std::uint64_t& FilterPlace(std::uintptr_t address, std::size_t bytes) {
  return gordian_filter.entries[address / bytes % hooks::kFilterEntries];
}

// Whether a recorded access stands for this one.
inline bool FilterHas(std::uintptr_t address, std::size_t bytes, AccessKind kind) {
  const std::uint64_t differs = FilterPlace(address, bytes) ^ FilterEntry(address, bytes, kind);
  return kind == AccessKind::kWrite ? differs == 0 : differs << 1 == 0;
}

// One access, unless the filter has it; `bytes` a power of two up to 16.
void RecordAccess(Caller caller, std::uintptr_t address, std::size_t bytes, AccessKind kind);

// `count` accesses of `bytes` each, `stride` apart. Records nothing where any of these is 0.
void RecordRange(Caller caller, std::uintptr_t address, std::size_t bytes, std::size_t stride,
                 std::size_t count, AccessKind kind);

// The bytes of an access by their address, as one range.
inline void RecordBytes(Caller caller, const void* address, std::size_t bytes, AccessKind kind) {
  RecordRange(caller, reinterpret_cast<std::uintptr_t>(address), bytes, bytes, 1, kind);
}

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_ACCESS_H_
