// What the recorder's own files share; nobody else includes this.
#ifndef GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_
#define GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_

#include <atomic>

#include "instrument/recorder/recorder.h"

namespace gordian::recorder {

class Sink;

namespace internal {

// The sink of the present recording; nullptr when there is none.
Sink* CurrentSink();

// The number of the next object.
std::atomic<ObjectId>& NextObject();

// Objects that were registered before this call are stale (recorder.cc).
void BeginObjects();

// Writes every site that is known, for a recording that begins late (sites.cc).
void WriteKnownSites(ThreadLog& log);

// Writes the Process record: pid, time, command line (process.cc).
void WriteProcess(ThreadLog& log);

// Around fork: nobody is inside the recorder's tables while the process is copied
// (thread_log.cc, sites.cc, modules.cc).
void LockThreads();
void UnlockThreads();
void LockSites();
void UnlockSites();
void LockModules();
void UnlockModules();

// In a forked child, before UnlockThreads: forgets the parent's recording without touching
// its chunks, and the threads that the child does not have.
void AbandonRecording();

// Writes one Module record for each loaded object file (modules.cc).
void WriteModules(ThreadLog& log);
// The same for those that were loaded since.
void WriteNewModules(ThreadLog& log);

}  // namespace internal
}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_
