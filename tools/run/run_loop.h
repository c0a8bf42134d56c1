// Runs a program under supervision until nothing of it is left to watch.
//
// One loop over signals, the supervisor's descriptors and a tick: it admits and finishes
// recorded processes, passes signals on, ends a program that hangs or outlives its time.
#ifndef GORDIAN_TOOLS_RUN_RUN_LOOP_H_
#define GORDIAN_TOOLS_RUN_RUN_LOOP_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "instrument/recorder/supervisor.h"
#include "tools/run/process_watch.h"
#include "tools/run/program.h"

namespace gordian::tools {

struct RunSettings {
  std::vector<std::string> command;
  std::optional<std::chrono::nanoseconds> timeout;
  bool end_on_hang = true;  // else the run is over, and the program is left as it is
  // How long recorded processes that outlive the program are waited for.
  std::chrono::nanoseconds linger{};
  recorder::Supervisor::TracePath trace_path;
  WatchSettings watch;
  // Says what a process wants said.
  std::function<void(const std::string& text)> say;
};

struct RunResult {
  std::optional<int> wait_status;                      // of the program, where it has ended
  bool timed_out = false;                              // ended by us at the time limit
  bool hung = false;                                   // a process was found stuck for ever
  std::uint32_t refused = 0;                           // processes that there was no room to record
  std::vector<pid_t> left;                             // recorded processes that still run
  std::vector<std::unique_ptr<ProcessWatch>> watches;  // one per recorded process
};

// The error is a usage error: the program cannot be started.
absl::StatusOr<RunResult> RunProgram(const RunSettings& settings);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_RUN_LOOP_H_
