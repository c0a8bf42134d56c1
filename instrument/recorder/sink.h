// Where a thread's full chunks go and its empty ones come from.
//
// One sink serves the whole process while it records. Implementations: process
// memory (tests), a region shared with the supervisor (`gordian run`), a region
// in a file (a program that records alone).
#ifndef GORDIAN_INSTRUMENT_RECORDER_SINK_H_
#define GORDIAN_INSTRUMENT_RECORDER_SINK_H_

#include "instrument/recorder/chunk.h"

namespace gordian::recorder {

class Sink {
 public:
  virtual ~Sink() = default;

  // An empty chunk for `stream`, in state kWriting; nullptr where none can be had,
  // and then the thread counts what it loses and asks again later.
  // Called from hooks: must not throw, log, or use anything that is recorded.
  virtual Chunk* Take(trace::StreamId stream, std::uint64_t sequence) = 0;

  // `chunk` is in state kFull: its writer will not touch it again.
  virtual void Give(Chunk* chunk) = 0;

  // A thread that found no chunk `lost` times has one again, and wrote its Loss record.
  virtual void Told(std::uint64_t) {}
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_SINK_H_
