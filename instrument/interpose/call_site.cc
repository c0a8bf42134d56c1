#include "instrument/interpose/call_site.h"

#include <unwind.h>

#include <limits>
#include <span>

#include "instrument/interpose/thread.h"

namespace gordian::interpose {
namespace {

struct Walk {
  std::uintptr_t frame;  // of the hook
  std::size_t limit;
  bool found = false;  // the hook's own frame has been passed
  std::size_t count = 0;
  std::size_t checked = 0;  // of them, those whose place on the stack is known
  std::uint32_t* offsets;
  std::uintptr_t* returns;
};

// For the frame of a return address, libgcc's CFA is that of the frame below: the word under
// it is where the return address lies.
_Unwind_Reason_Code TakeFrame(_Unwind_Context* context, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  const std::uintptr_t slot = _Unwind_GetCFA(context) - sizeof(std::uintptr_t);
  if (!walk.found) {
    if (slot < walk.frame) return _URC_NO_REASON;
    walk.found = true;
  }
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || walk.count == walk.limit) return _URC_END_OF_STACK;
  const std::uintptr_t offset = slot - walk.frame;
  const bool here = offset < std::numeric_limits<std::uint32_t>::max() &&
                    *reinterpret_cast<const std::uintptr_t*>(slot) == address;
  walk.returns[walk.count] = address;
  walk.offsets[walk.count] = static_cast<std::uint32_t>(offset);
  if (here && walk.checked == walk.count) ++walk.checked;
  ++walk.count;
  return _URC_NO_REASON;
}

}  // namespace

// In order: a slot is looked at only where those below it are as they were, and so belongs to the
// frame that it belonged to.
bool SiteCache::Entry::Holds(Caller caller) const {
  if (frame != caller.frame()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (*reinterpret_cast<const std::uintptr_t*>(frame + offsets[i]) != returns[i]) return false;
  }
  return true;
}

trace::SiteId SiteCache::SiteOf(recorder::ThreadLog& log, Caller caller) {
  const std::uintptr_t hash = (caller.return_address() * 0x9E3779B97F4A7C15u) ^ caller.frame();
  Set& set = sets_[(hash >> 4) % kSets];
  for (const Entry& entry : set.ways) {
    if (entry.Holds(caller)) return entry.site;
  }
  return Unwind(log, caller, set);
}

trace::SiteId SiteCache::Unwind(recorder::ThreadLog& log, Caller caller, Set& set) {
  Entry& entry = set.ways[set.next++ % kWays];
  entry = {};
  Walk walk{.frame = caller.frame(),
            .limit = kFrames,
            .offsets = entry.offsets.data(),
            .returns = entry.returns.data()};
  _Unwind_Backtrace(TakeFrame, &walk);
  if (walk.count == 0) {
    entry.returns[walk.count++] = caller.return_address();
    entry.offsets[0] = sizeof(std::uintptr_t);
    walk.checked = 1;
  }
  const trace::SiteId site = log.Stack({entry.returns.data(), walk.count});
  if (walk.checked == walk.count) {
    entry.frame = caller.frame();
    entry.count = static_cast<std::uint32_t>(walk.count);
    entry.site = site;
  }
  return site;
}

trace::SiteId SiteOf(const Recording& recording, Caller caller) {
  return recording.thread().sites->SiteOf(recording.log(), caller);
}

}  // namespace gordian::interpose
