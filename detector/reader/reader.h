// From words to events in one legal total order.
//
// Feed the words of each stream in order, in pieces of any size; take the events that can
// already be placed. What waits for a record that has not been fed yet stays
// inside until it is, or until Finish() says that nothing more will come.
//
// Idea: a stream's head record is ready when its stretch is the task's next one
// (`run`) or its object stands at the version before it (ordered) or at least at its version
// (observed). A stream that is not ready sleeps on that object or task and is woken by the
// record it waits for. Where the rules leave freedom, the streams' clocks decide. Linear in
// records; every input is taken for hostile.
//
// The rules are FORMAT.md's; `verifier.h` checks what the events mean.
#ifndef GORDIAN_DETECTOR_READER_READER_H_
#define GORDIAN_DETECTOR_READER_READER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class Ordering;

class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next words of `stream`. They are copied where they cannot be read yet.
  void Feed(trace::StreamId stream, std::span<const std::uint64_t> words);

  // Words of `stream` are missing here (a lost frame). What follows is whose nobody knows, up to
  // the next `run`: versions are taken, events are not handed out, `skipped()` counts them.
  void Gap(trace::StreamId stream);

  // Hands every event that can be placed to `take`. The error names stream and word of the
  // first malformed record; that stream is then read no further.
  absl::Status Drain(absl::FunctionRef<void(const trace::Event&)> take);

  // The same at a cut: all that was committed before the feeding began has been fed (read all
  // buffers twice: what the second round brings may explain what the first one brought).
  // A task that nobody spawned is then a root, and where a task has gone on in another
  // stream, its earlier stretch is over.
  absl::Status Settle(absl::FunctionRef<void(const trace::Event&)> take);

  // Nothing more will come: drains, passing over versions that are missing (a killed
  // program loses at most one per thread). `missing` says what was passed over. Feeding may go
  // on afterwards: what comes late is placed where it comes.
  absl::Status Finish(absl::FunctionRef<void(const trace::Event&)> take);

  struct Missing {
    trace::ObjectId object = 0;
    trace::Version from = 0, to = 0;  // versions never seen, both included
  };
  const std::vector<Missing>& missing() const;

  std::uint64_t events() const;   // handed out
  std::uint64_t skipped() const;  // behind gaps, and not handed out

 private:
  std::unique_ptr<Ordering> ordering_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_READER_H_
