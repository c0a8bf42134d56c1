// The program that `gordian run` starts, with all that descends from it.
//
// The calling process becomes the reaper of orphaned descendants, so that a daemon's double
// fork does not lead out of its sight.
//
// Locking   none: one thread.
// Limits    one Program per process: it reaps every child.
#ifndef GORDIAN_TOOLS_RUN_PROGRAM_H_
#define GORDIAN_TOOLS_RUN_PROGRAM_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace gordian::tools {

class Program {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  // Starts `command` (looked up in PATH) with the caller's streams, signal mask `mask` and
  // environment plus `variables`. The error is a sentence that names the program.
  static absl::StatusOr<Program> Start(const std::vector<std::string>& command,
                                       const Variables& variables, const sigset_t& mask);

  pid_t pid() const { return pid_; }

  // Collects children that have ended; call it at SIGCHLD.
  void Reap();
  // The wait status of the program itself once it has ended.
  std::optional<int> wait_status() const { return wait_status_; }
  // The same of any descendant that was reaped here.
  std::optional<int> StatusOf(pid_t pid) const;

  // To the program alone, while it runs.
  void Signal(int signal) const;
  // To it and to every live descendant of this process.
  void SignalAll(int signal) const;

 private:
  explicit Program(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> wait_status_;
  std::vector<std::pair<pid_t, int>> reaped_;
};

// The live descendants of this process.
std::vector<pid_t> Descendants();

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_PROGRAM_H_
