// What happens to a lock, written to the trace. Whoever follows locks uses these: the entry points
// of pthreads, and runtimes that know locks by other means.
//
// An exclusive lock's events are written inside its critical section. A lock that can also be
// held for reading has no section that all of its events lie in: `Shared` ones take their version
// by an atomic step, after they have got the lock and before they let it go.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_LOCK_EVENTS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_LOCK_EVENTS_H_

#include "instrument/interpose/object.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

enum class Mode : bool { kExclusive, kShared };

// The object is in the trace from here on.
void Enter(Recording& recording, Object& object, trace::SiteId site);

// It is about to block; `timed`: not for ever.
void LockRequested(Recording& recording, Object& lock, Mode mode, trace::SiteId site, bool timed);
// … and has given up.
void WaitEnded(Recording& recording, Object& object, trace::SiteId site, trace::WaitEndReason why);
void TryFailed(Recording& recording, Object& lock, Mode mode, trace::SiteId site);
void Misused(Recording& recording, Object& object, trace::MisuseKind what, trace::SiteId site);

// A lock that is only ever held exclusively.
void Locked(Recording& recording, Object& lock, trace::SiteId site, std::uint16_t flags = 0);
// Before it is let go. False where its lock was not recorded: nothing is written.
bool Unlocking(Recording& recording, Object& lock, trace::SiteId site);
// Its holder ended without letting it go, and the system has taken it back.
void HolderDied(Recording& recording, Object& lock, trace::SiteId site);

// A lock that has readers as well.
void LockedShared(Recording& recording, Object& lock, Mode mode, trace::SiteId site,
                  std::uint16_t flags = 0);
void UnlockingShared(Recording& recording, Object& lock, Mode mode, trace::SiteId site);

// An ordered event that takes its version by an atomic step, whatever else happens to the object.
void Step(Recording& recording, Object& object, trace::EventType type, trace::SiteId site,
          const recorder::Details& details = {});

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_LOCK_EVENTS_H_
