// What the recorder's own files share; nobody else includes this.
#ifndef GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_
#define GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_

#include "instrument/recorder/recorder.h"

namespace gordian::recorder {

class Sink;

namespace internal {

// The sink of the present recording; nullptr when there is none.
Sink* CurrentSink();

// Objects that were registered before this call are stale (recorder.cc).
void BeginObjects();

// Writes every site that is known, for a recording that begins late (sites.cc).
void WriteKnownSites(ThreadLog& log);

// Writes the Process record: pid, time, command line (process.cc).
void WriteProcess(ThreadLog& log);

// Writes one Module record for each loaded object file (process.cc).
void WriteModules(ThreadLog& log);

}  // namespace internal
}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_INTERNAL_H_
