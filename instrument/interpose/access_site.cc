#include "instrument/interpose/access_site.h"

#include <unwind.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "instrument/interpose/fiber.h"
#include "instrument/interpose/stack_bounds.h"

namespace gordian::interpose {
namespace {

struct Walk {
  std::uintptr_t frame;  // of the hook
  std::span<std::uintptr_t> returns;
  std::size_t count = 0;
};

// For the frame of a return address, libgcc's CFA is that of the frame below: those below the
// hook's own are the hook's inside.
_Unwind_Reason_Code TakeFrame(_Unwind_Context* context, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  if (_Unwind_GetCFA(context) <= walk.frame) return _URC_NO_REASON;
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || walk.count == walk.returns.size()) return _URC_END_OF_STACK;
  walk.returns[walk.count++] = address;
  return _URC_NO_REASON;
}

// Without the call that the comparison of whole arrays becomes.
template <std::size_t kCount>
bool IsSame(const std::array<std::uintptr_t, kCount>& a,
            const std::array<std::uintptr_t, kCount>& b) {
  std::uintptr_t differs = 0;
  for (std::size_t i = 0; i < kCount; ++i) differs |= a[i] ^ b[i];
  return differs == 0;
}

}  // namespace

trace::SiteId AccessSites::Unwind(recorder::ThreadLog& log, Caller caller) {
  Chain returns{};
  Walk walk{.frame = caller.frame(), .returns = returns};
  _Unwind_Backtrace(TakeFrame, &walk);
  if (walk.count == 0) returns[walk.count++] = caller.return_address();
  return log.Stack(std::span(returns).first(walk.count));
}

trace::SiteId AccessSites::SiteOf(recorder::ThreadLog& log, Caller caller,
                                  std::uintptr_t stack_end) {
  Chain chain{};
  std::uintptr_t frame = caller.frame();
  std::uintptr_t hash = 0;
  for (std::uintptr_t& address : chain) {
    address = reinterpret_cast<const std::uintptr_t*>(frame)[1];
    hash = (hash ^ address) * 0x9E3779B97F4A7C15u;
    const std::uintptr_t above = *reinterpret_cast<const std::uintptr_t*>(frame);
    const bool is_frame =
        above > frame && above + 2 * sizeof(above) <= stack_end && above % sizeof(above) == 0;
    if (!is_frame) break;
    frame = above;
  }
  Entry& entry = entries_[hash >> (64 - kEntryBits)];
  if (entry.site == 0 || !IsSame(entry.chain, chain)) [[unlikely]] {
    entry = {chain, Unwind(log, caller)};
  }
  return entry.site;
}

trace::SiteId AccessSiteOf(const Recording& recording, Caller caller) {
  ThreadState& thread = recording.thread();
  if (thread.access_sites == nullptr) [[unlikely]] {
    thread.access_sites = new AccessSites;
    if (thread.stack_end == 0) thread.stack_end = OwnStack().end;
  }
  const std::uintptr_t end =
      thread.fiber != nullptr ? StackEndOf(*thread.fiber, caller.frame()) : thread.stack_end;
  return thread.access_sites->SiteOf(recording.log(), caller, end);
}

}  // namespace gordian::interpose
