#include "instrument/interpose/memory_events.h"

#include <algorithm>
#include <array>

#include "instrument/interpose/access_site.h"
#include "instrument/interpose/stack_bounds.h"

namespace gordian::interpose {
namespace {

using trace::EventType;

constexpr unsigned kRegionBits = 26;
constexpr std::size_t kObjects = 64;  // regions share them

constinit std::array<recorder::Tracked, kObjects> g_regions{};

// One record for each region that the bytes lie in.
void Write(recorder::ThreadLog& log, EventType type, trace::SiteId site, std::uintptr_t address,
           std::size_t bytes) {
  std::uint16_t flags = 0;
  while (bytes != 0) {
    const std::uintptr_t region = address >> kRegionBits;
    const std::size_t part = std::min<std::size_t>(bytes, ((region + 1) << kRegionBits) - address);
    recorder::Tracked& object = g_regions[region % kObjects];
    recorder::EnsureRegistered(object, trace::ObjectKind::kMemory, 0, 0);
    const trace::Version version = object.version.fetch_add(1, std::memory_order_acq_rel) + 1;
    recorder::OrderedAt(log, object, type, site, version,
                        {.flags = flags, .operands = {address, part}});
    flags = trace::kFlagPart;
    address += part;
    bytes -= part;
  }
}

// The same bytes will be another variable: what the thread did to them stands for nothing that it
// does to that one. Others whose filter knew them have released since, or it would be a race.
void ForgetAccesses(std::uintptr_t address, std::size_t bytes) {
  constexpr std::size_t kFewBytes = 128;
  if (bytes > kFewBytes) return EndEpoch();
  for (std::size_t size = 1; size <= 16; size *= 2) {
    for (std::uintptr_t at = address; at < address + bytes; at += size) {
      gordian_filter.entries[at / size % hooks::kFilterEntries] = 0;
    }
  }
}

void WriteBlock(Caller caller, EventType type, const void* block, std::size_t bytes) {
  if (block == nullptr || !g_instrumented.load(std::memory_order_relaxed)) return;
  Recording recording(Epoch::kGoesOn);
  if (!recording || recording.thread().joins) return;
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  Write(recording.log(), type, AccessSiteOf(recording, caller), address, bytes);
  if (type == EventType::kHeapFree) ForgetAccesses(address, bytes);
}

void WriteStack(ThreadState& thread, EventType type) {
  if (thread.stack_begin == 0) return;
  Write(*thread.log, type, 0, thread.stack_begin, thread.stack_end - thread.stack_begin);
}

}  // namespace

void BlockAllocated(Caller caller, const void* block, std::size_t bytes) {
  WriteBlock(caller, EventType::kHeapAlloc, block, bytes);
}

void BlockFreed(Caller caller, const void* block, std::size_t bytes) {
  WriteBlock(caller, EventType::kHeapFree, block, bytes);
}

void StackBegan(ThreadState& thread) {
  if (!g_instrumented.load(std::memory_order_relaxed)) return;
  const StackBounds stack = OwnStack();
  thread.stack_begin = stack.begin;
  thread.stack_end = stack.end;
  WriteStack(thread, EventType::kStackBegin);
}

void FollowMemory() {
  if (g_instrumented.exchange(true, std::memory_order_relaxed) || recorder::IsGuest()) return;
  if (Recording recording; recording) StackBegan(recording.thread());
}

void StackEnded(ThreadState& thread) { WriteStack(thread, EventType::kStackEnd); }

void StackEvent(EventType type, std::uintptr_t begin, std::size_t bytes) {
  if (!g_instrumented.load(std::memory_order_relaxed)) return;
  Recording recording(Epoch::kGoesOn);
  if (recording) Write(recording.log(), type, 0, begin, bytes);
}

}  // namespace gordian::interpose
