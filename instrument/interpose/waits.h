// What a thread waits for, kept while it does: a signal's handler may interrupt the wait and do
// things of its own. The trace knows no handlers; there the thread gives up its wait, does what the
// handler does, and asks again.
//
// A handler may also leave by a jump, and the wait is then never ended. It is given up at the next
// hook that comes from above it on the stack.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_WAITS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_WAITS_H_

#include <cstdint>

#include "instrument/recorder/recorder.h"

namespace gordian::interpose {

struct Object;
struct ThreadState;
class Recording;

struct Request {
  trace::EventType type{};
  Object* object = nullptr;  // nullptr: it joins
  trace::TaskId joined = 0;  // that task
  trace::SiteId site = 0;
  std::uint16_t flags = 0;
  std::uint64_t operand = 0;  // 0: it has none
};

inline std::uint16_t TimedFlag(bool timed) { return timed ? std::uint16_t{trace::kFlagTimed} : 0; }

// Writes the request, with the time. The thread waits until a `Recording` says that this is over.
void Ask(Recording& recording, const Request& request);

// Around what a handler does. False where the wait is not gone back to.
bool GiveUpForHandler(ThreadState& thread);
void AskAgain(ThreadState& thread);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_WAITS_H_
