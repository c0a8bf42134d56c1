#include "instrument/interpose/memory_access.h"

namespace gordian::interpose {

using trace::EventType;

namespace {

// As long as no task but the calling one has ever been, what it accesses is ordered before all that
// those to come will do: their spawn is behind it.
bool IsFirstAndOnlyTask() {
  constexpr trace::TaskId kSecond = 2;
  return !recorder::IsGuest() && recorder::NextTask() <= kSecond;
}

constexpr std::size_t kFilteredRange = 128;
constexpr std::size_t kLongestElement = std::size_t{1} << 30;

// A short range is a row of entries. True where the filter had them all.
bool TakeIntoFilter(std::uintptr_t address, std::size_t bytes, AccessKind kind) {
  constexpr std::size_t kPiece = 16;
  if (bytes % kPiece != 0 || !recorder::On() || t_thread.busy || t_thread.Skips(Hook::kAccess))
    return false;
  bool has_all = true;
  for (std::size_t at = 0; at < bytes; at += kPiece) {
    if (FilterHas(address + at, kPiece, kind)) continue;
    has_all = false;
    FilterPlace(address + at, kPiece) = FilterEntry(address + at, kPiece, kind);
  }
  return has_all;
}

// False where the record was lost.
bool WriteAccess(const Recording& recording, Caller caller, std::uintptr_t address,
                 std::size_t bytes, AccessKind kind) {
  recorder::ThreadLog& log = recording.log();
  const trace::SiteId site = AccessSiteOf(recording, caller);
  std::uint64_t* out = recorder::Access::Reserve(log, 2);
  if (out == nullptr) return false;
  const EventType type = kind == AccessKind::kWrite ? EventType::kMemWrite : EventType::kMemRead;
  out[0] = trace::Head(type, false, site, static_cast<std::uint32_t>(bytes));
  out[1] = address;
  recorder::Access::Commit(log, out + 2);
  return true;
}

void WriteRange(recorder::ThreadLog& log, trace::SiteId site, AccessKind kind,
                std::uintptr_t address, std::size_t bytes, std::size_t stride, std::size_t count) {
  recorder::Local(log,
                  kind == AccessKind::kWrite ? EventType::kMemWriteRange : EventType::kMemReadRange,
                  static_cast<std::uint32_t>(bytes), site, {.operands = {address, stride, count}});
}

}  // namespace

void RecordAccess(Caller caller, std::uintptr_t address, std::size_t bytes, AccessKind kind) {
  if (FilterHas(address, bytes, kind)) return;
  if (recorder::On()) {
    Recording recording(Epoch::kGoesOn, Hook::kAccess);
    if (!recording) return;
    if (!IsFirstAndOnlyTask() && !WriteAccess(recording, caller, address, bytes, kind)) return;
  }
  FilterPlace(address, bytes) = FilterEntry(address, bytes, kind);
}

void RecordRange(Caller caller, std::uintptr_t address, std::size_t bytes, std::size_t stride,
                 std::size_t count, AccessKind kind) {
  if (bytes == 0 || count == 0) return;
  if (count > 1 && stride <= bytes) {
    bytes += stride * (count - 1);
    count = 1;
  }
  if (count == 1 && bytes <= kFilteredRange && TakeIntoFilter(address, bytes, kind)) return;
  Recording recording(Epoch::kGoesOn, Hook::kAccess);
  if (!recording || IsFirstAndOnlyTask()) return;
  const trace::SiteId site = AccessSiteOf(recording, caller);
  for (; count != 0; --count, address += stride) {
    // A record has 32 bits for the bytes of an element: longer ones are told of one by one, in
    // pieces.
    if (bytes <= kLongestElement) {
      WriteRange(recording.log(), site, kind, address, bytes, count > 1 ? stride : bytes, count);
      return;
    }
    const std::size_t pieces = bytes / kLongestElement;
    WriteRange(recording.log(), site, kind, address, kLongestElement, kLongestElement, pieces);
    if (const std::size_t rest = bytes % kLongestElement; rest != 0) {
      WriteRange(recording.log(), site, kind, address + pieces * kLongestElement, rest, rest, 1);
    }
  }
}

}  // namespace gordian::interpose
