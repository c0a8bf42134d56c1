// A trace file of any form, handed to whoever wants its records.
//
//   absl::StatusOr<TraceRead> read = ReadTrace("app.gtrace", TraceForm::kAuto, sink);
//
// An error is a file that is no trace, or a text with a malformed line; its message names the
// file, and the offset or the line. Damage inside a binary trace is no error: what is there
// is handed over, and `gaps` says what is not.
#ifndef GORDIAN_TOOLS_TRACE_INPUT_H_
#define GORDIAN_TOOLS_TRACE_INPUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "instrument/trace/event.h"

namespace CLI {
class App;
}

namespace gordian::tools {

enum class TraceForm : std::uint8_t {
  kAuto,    // by its first bytes
  kGtrace,  // what a recording leaves
  kText,    // the text form of FORMAT.md
};

// The option --from.
void DeclareFrom(CLI::App& app, TraceForm& form);

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  // The next words of a stream: whole records.
  virtual absl::Status Words(trace::StreamId stream, std::span<const std::uint64_t> words) = 0;
  // Words of the stream are missing here.
  virtual void Gap(trace::StreamId stream) = 0;
  // An event of a form that has no streams and is in order already.
  virtual void Take(const trace::Event& event) = 0;
};

struct TraceRead {
  TraceForm form = TraceForm::kGtrace;  // what it turned out to be
  bool ends_in_order = true;            // with an end frame, and no frame was damaged
  std::vector<std::string> gaps;        // what is missing, one clause each
};

absl::StatusOr<TraceRead> ReadTrace(const std::string& path, TraceForm form, TraceSink& sink);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_TRACE_INPUT_H_
