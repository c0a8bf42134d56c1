#include "gordian/internal/call_site.h"

#include <array>
#include <cstdint>

#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "instrument/recorder/options.h"

namespace gordian::internal {
namespace {

constexpr std::size_t kCallerFrames = 4;
constexpr std::size_t kFullFrames = 32;

// Follows the chain of frame pointers from `frame` as far as it stays on the stack.
trace::SiteId StackAbove(recorder::ThreadLog& log, std::uintptr_t frame, std::size_t limit) {
  std::array<std::uintptr_t, kFullFrames> addresses;
  const std::uintptr_t top = StackTop(CurrentTask());
  std::size_t count = 0;
  while (count < limit && frame % sizeof(void*) == 0 && frame + 2 * sizeof(void*) <= top) {
    const auto* words = reinterpret_cast<const std::uintptr_t*>(frame);
    if (words[1] == 0) break;
    addresses[count++] = words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
  return log.Stack({addresses.data(), count});
}

}  // namespace

constinit std::atomic<bool> CallSite::locations_only_{false};

trace::SiteId CallSite::InSlow(recorder::ThreadLog& log) const {
  const bool full = recorder::ProcessOptions().stacks;
  locations_only_.store(!full, std::memory_order_relaxed);
  if (frame_ == nullptr && !full) return log.Site(at_);
  const void* frame = frame_ != nullptr ? frame_ : __builtin_frame_address(0);
  return StackAbove(log, reinterpret_cast<std::uintptr_t>(frame),
                    full ? kFullFrames : kCallerFrames);
}

}  // namespace gordian::internal
