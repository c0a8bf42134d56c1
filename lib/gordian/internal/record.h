// From a primitive to the recorder.
//
//   if (recorder::ThreadLog* log = Recording()) [[unlikely]] { … }
#ifndef GORDIAN_LIB_INTERNAL_RECORD_H_
#define GORDIAN_LIB_INTERNAL_RECORD_H_

#include "instrument/recorder/guest.h"
#include "instrument/recorder/recorder.h"

namespace gordian::internal {

// Ties the calling thread's log to the task that runs on it; false where a worker is
// between two goroutines.
bool BeginStretch(recorder::ThreadLog& log);

// The calling thread's log, tied to the running task, or nullptr when nothing is recorded.
inline recorder::ThreadLog* RunningLog() {
  if (!recorder::On()) [[likely]]
    return nullptr;
  recorder::ThreadLog& log = recorder::Log();
  if (log.task() == 0 && !BeginStretch(log)) [[unlikely]]
    return nullptr;
  return &log;
}

// The same, for a hook of the library: what it writes may release.
inline recorder::ThreadLog* Recording() {
  recorder::ThreadLog* log = RunningLog();
  if (log != nullptr) [[unlikely]]
    recorder::EndGuestEpoch();
  return log;
}

// A store of a value that is an object of its own: it destroys the one that was there, and is after
// whoever stored that. A guest sees the destruction.
inline trace::EventType StoreOfObject() {
  return recorder::HasGuest() ? trace::EventType::kAtomicRmw : trace::EventType::kAtomicStore;
}

// A try or compare-and-swap failed. The first of a row of identical attempts is written at
// once, the rest in counts of up to 64.
void RecordFailure(recorder::ThreadLog& log, const recorder::Tracked& object, trace::EventType type,
                   trace::SiteId site, trace::Version version);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_RECORD_H_
