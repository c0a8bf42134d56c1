// Any trace, whatever its format: one way to read it for the pipeline and for every command.
//
//   absl::StatusOr<std::unique_ptr<TraceSource>> source = OpenTrace("app.gtrace",
//   TraceFormat::kGtrace); while ((*source)->Next(sink)) …progress…
//   (*source)->status(), (*source)->problems(), (*source)->complete()
//
// Streaming: memory is one frame or block. Damage in a *.gtrace file is passed over and told in
// `problems()`; a malformed line of a text ends it with an error in `status()`.
#ifndef GORDIAN_DETECTOR_READER_TRACE_SOURCE_H_
#define GORDIAN_DETECTOR_READER_TRACE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "detector/reader/reader.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

enum class TraceFormat : std::uint8_t {
  kGtrace,  // the file of instrument/trace/FORMAT.md
  kText,    // its text form
  kStd,     // RAPID's (std_format.h)
};
std::optional<TraceFormat> TraceFormatNamed(std::string_view name);  // "gtrace", "text", "std"

// Who takes what a source reads.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void Feed(trace::StreamId stream, std::span<const std::uint64_t> words) = 0;
  virtual void Gap(trace::StreamId stream) = 0;      // words are missing here
  virtual void Take(const trace::Event& event) = 0;  // one that is in order already
};

class TraceSource {
 public:
  virtual ~TraceSource() = default;

  // Hands the next piece of the trace to `sink`. False: there is no more.
  virtual bool Next(TraceSink& sink) = 0;

  // What ended the reading early, if anything did.
  const absl::Status& status() const { return status_; }
  // Damage that was passed over, each a sentence with its offset.
  const std::vector<std::string>& problems() const { return problems_; }
  // Whether all of the trace was there. Meaningful when Next() has returned false.
  bool complete() const { return complete_ && problems_.empty() && status_.ok(); }

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes() const { return bytes_; }  // of the file; 0 where that is not known

 protected:
  absl::Status status_;
  std::vector<std::string> problems_;
  bool complete_ = false;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_ = 0;
};

// `path` may be "-", the standard input. The error says why the file is no such trace.
absl::StatusOr<std::unique_ptr<TraceSource>> OpenTrace(const std::string& path, TraceFormat format);

// A whole trace as events in order.
struct OrderedTrace {
  absl::Status status;                   // what ended the reading, or broke a stream
  std::vector<std::string> problems;     // damage that was passed over
  std::vector<Reader::Missing> missing;  // versions that were never seen
  std::uint64_t events = 0;
  std::uint64_t skipped = 0;  // behind damage: nobody knows whose they are
  bool complete = false;
};
OrderedTrace ReadInOrder(TraceSource& source, absl::FunctionRef<void(const trace::Event&)> take);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_TRACE_SOURCE_H_
