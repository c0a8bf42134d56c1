// Where the traces of a run go: the file that was asked for, or a folder that goes away.
#ifndef GORDIAN_TOOLS_RUN_TRACE_NAMES_H_
#define GORDIAN_TOOLS_RUN_TRACE_NAMES_H_

#include <sys/types.h>

#include <set>
#include <string>

#include "absl/status/statusor.h"

namespace gordian::tools {

class TraceNames {
 public:
  // `file`: the first process's trace, kept; the others get the process id before the
  // extension: "run.gtrace", "run.4711.gtrace". Empty: a temporary folder.
  static absl::StatusOr<TraceNames> Make(std::string file);
  TraceNames(TraceNames&& other) noexcept;
  TraceNames& operator=(TraceNames&&) = delete;
  // Removes the temporary folder.
  ~TraceNames();

  std::string Next(pid_t pid);

 private:
  TraceNames() = default;

  std::string file_;
  std::string folder_;  // "" where the traces are kept
  std::set<std::string> given_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_TRACE_NAMES_H_
