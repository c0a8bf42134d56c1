// Starting, stopping and reading a recording.
#ifndef GORDIAN_INSTRUMENT_RECORDER_SESSION_H_
#define GORDIAN_INSTRUMENT_RECORDER_SESSION_H_

#include <functional>
#include <memory>
#include <span>

#include "instrument/recorder/sink.h"

namespace gordian::recorder {

// Begins to record into `sink`, which must outlive the recording. Objects and tasks
// that exist already are recorded from their next use on. False when it records
// already. Writes Process and Module events first.
bool Start(Sink* sink);

// Ends the recording: every thread's chunk is given back. Writes nothing itself.
void Stop();

// The sink of tests: everything stays in process memory until it is read.
class MemorySink final : public Sink {
 public:
  MemorySink();
  ~MemorySink() override;

  Chunk* Take(trace::StreamId stream, std::uint64_t sequence) override;
  void Give(Chunk* chunk) override;

  // Hands every stream's newly committed words to `read`, oldest first, and frees
  // the chunks that are done. A cut: what is committed after the call began may
  // come with this call or the next.
  void Drain(const std::function<void(trace::StreamId, std::span<const std::uint64_t>)>& read);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_SESSION_H_
