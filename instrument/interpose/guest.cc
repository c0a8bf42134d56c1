// The preloaded recorder as the guest of the program's own: see instrument/recorder/guest.h.
#include "instrument/recorder/guest.h"

#include "instrument/interpose/entry.h"
#include "instrument/interpose/memory_events.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {
namespace {

using trace::EventType;

using recorder::Sight;

Sight LowerSight(Sight to) {
  ThreadState& thread = t_thread;
  const Sight before = thread.busy             ? Sight::kNothing
                       : thread.skips_accesses ? Sight::kNoAccesses
                                               : Sight::kAll;
  thread.busy |= to == Sight::kNothing;
  thread.skips_accesses |= to == Sight::kNoAccesses;
  return before;
}

void RestoreSight(Sight to) {
  ThreadState& thread = t_thread;
  if (to == Sight::kAll) thread.skips_accesses = false;
  if (to != Sight::kNothing && thread.busy) BeFree(thread);
}

constexpr recorder::Guest kGuest{
    .began = recorder::BeginAsGuest,
    .ended = recorder::EndAsGuest,
    .lower_sight = LowerSight,
    .restore_sight = RestoreSight,
    .end_epoch = EndEpoch,
    .stack_began = [](std::uintptr_t begin,
                      std::size_t bytes) { StackEvent(EventType::kStackBegin, begin, bytes); },
    .stack_ended = [](std::uintptr_t begin,
                      std::size_t bytes) { StackEvent(EventType::kStackEnd, begin, bytes); },
};

}  // namespace
}  // namespace gordian::interpose

// recorder::kGuestJoins. Where the program is not instrumented its locks, threads and condition
// variables are seen all the same.
extern "C" GORDIAN_ENTRY const gordian::recorder::Guest* gordian_guest_joins(
    const gordian::recorder::Host* host) {
  using namespace gordian::interpose;  // NOLINT
  return gordian::recorder::BecomeGuest(*host) ? &kGuest : nullptr;
}
