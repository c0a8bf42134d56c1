#include "instrument/interpose/waits.h"

#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/watcher.h"

namespace gordian::interpose {
namespace {

using trace::EventType;

// Further away lies another stack, perhaps the handler's own.
constexpr std::uintptr_t kNear = std::uintptr_t{1} << 20;

std::uintptr_t FrameOf(void* frame) { return reinterpret_cast<std::uintptr_t>(frame); }

void Write(recorder::ThreadLog& log, const Request& request) {
  if (request.object == nullptr) {
    recorder::Local(log, request.type, request.joined, request.site, {.flags = request.flags});
    return;
  }
  recorder::Tracked& tracked = request.object->tracked;
  if (request.type == EventType::kCondWait) {
    const trace::Version version = tracked.version.fetch_add(1, std::memory_order_acq_rel) + 1;
    recorder::OrderedAt(log, tracked, request.type, request.site, version,
                        {.flags = request.flags, .operands = {request.operand}});
  } else if (request.operand != 0) {
    recorder::Observed(log, tracked, request.type, request.site,
                       {.flags = request.flags, .operands = {request.operand}});
  } else {
    recorder::Observed(log, tracked, request.type, request.site, {.flags = request.flags});
  }
}

}  // namespace

void Ask(Recording& recording, const Request& request) {
  if (FollowsThreads()) EnsureWatcher();
  recorder::Time(recording.log());
  Write(recording.log(), request);
  ThreadState& thread = recording.thread();
  thread.request = request;
  thread.request_frame = FrameOf(__builtin_frame_address(0));
  thread.waits = true;
}

bool GiveUpForHandler(ThreadState& thread) {
  const Request& request = thread.request;
  const auto why = static_cast<std::uint64_t>(trace::WaitEndReason::kGaveUp);
  const trace::ObjectId id =
      request.object != nullptr ? request.object->tracked.id.load(std::memory_order_relaxed) : 0;
  recorder::Local(*thread.log, EventType::kWaitEnd, id, request.site, {.operands = {why}});
  thread.waits = false;
  return FrameOf(__builtin_frame_address(0)) - thread.request_frame >= kNear;
}

void AskAgain(ThreadState& thread) {
  Write(*thread.log, thread.request);
  thread.waits = true;
}

}  // namespace gordian::interpose
