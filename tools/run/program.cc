#include "tools/run/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace gordian::tools {
namespace {

// Everything the child needs is laid out before the fork: after it only what is safe in a
// signal handler may be called.
struct Image {
  std::vector<std::string> strings;  // the environment
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

Image LayOut(const std::vector<std::string>& command, const Program::Variables& variables) {
  Image image;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool replaced = std::ranges::any_of(
        variables, [text](const auto& variable) { return text.starts_with(variable.first + "="); });
    if (!replaced) image.strings.emplace_back(text);
  }
  for (const auto& [name, value] : variables) image.strings.push_back(name + "=" + value);
  for (std::string& entry : image.strings) image.environment.push_back(entry.data());
  for (const std::string& word : command) {
    image.arguments.push_back(const_cast<char*>(word.c_str()));
  }
  image.environment.push_back(nullptr);
  image.arguments.push_back(nullptr);
  return image;
}

[[noreturn]] void RunChild(const Image& image, const sigset_t& mask, int report) {
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execvpe(image.arguments[0], image.arguments.data(), image.environment.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof error);
  _exit(127);
}

std::string WhyNot(const std::string& program, int error) {
  if (error == ENOENT) return absl::StrCat("cannot run ", program, ": there is no such program");
  if (error == EACCES) return absl::StrCat("cannot run ", program, ": it is not executable");
  return absl::StrCat("cannot run ", program, ": ", std::strerror(error));
}

// The parent of a live process from /proc/PID/stat, whose second field may hold anything.
std::optional<pid_t> ParentOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  // A process that goes away meanwhile fails the read; a stream buffer would throw that.
  std::string text;
  std::getline(file, text, '\0');
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  char state = 'Z';
  pid_t parent = 0;
  if (!(fields >> state >> parent) || state == 'Z') return std::nullopt;
  return parent;
}

std::vector<std::pair<pid_t, pid_t>> ProcessesWithParents() {
  std::vector<std::pair<pid_t, pid_t>> processes;
  DIR* directory = opendir("/proc");
  if (directory == nullptr) return processes;
  while (const dirent* entry = readdir(directory)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    if (const std::optional<pid_t> parent = ParentOf(pid)) processes.emplace_back(pid, *parent);
  }
  closedir(directory);
  return processes;
}

}  // namespace

absl::StatusOr<Program> Program::Start(const std::vector<std::string>& command,
                                       const Variables& variables, const sigset_t& mask) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Image image = LayOut(command, variables);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  const pid_t pid = fork();
  if (pid == 0) RunChild(image, mask, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  // Nothing comes where exec succeeded: it closes the other end.
  const ssize_t got = pid < 0 ? 0 : read(report[0], &error, sizeof error);
  close(report[0]);
  if (pid < 0) return absl::ErrnoToStatus(fork_error, "cannot start a process");
  if (got == sizeof error) {
    waitpid(pid, nullptr, 0);
    return absl::NotFoundError(WhyNot(command[0], error));
  }
  return Program(pid);
}

void Program::Reap() {
  int status = 0;
  for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
    reaped_.emplace_back(ended, status);
    if (ended == pid_ && !wait_status_) wait_status_ = status;
  }
}

std::optional<int> Program::StatusOf(pid_t pid) const {
  for (const auto& [ended, status] : reaped_) {
    if (ended == pid) return status;
  }
  return std::nullopt;
}

void Program::Signal(int signal) const {
  if (!wait_status_) kill(pid_, signal);
}

void Program::SignalAll(int signal) const {
  for (const pid_t pid : Descendants()) kill(pid, signal);
}

std::vector<pid_t> Descendants() {
  const std::vector<std::pair<pid_t, pid_t>> processes = ProcessesWithParents();
  std::vector<pid_t> found = {getpid()};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const auto& [pid, parent] : processes) {
      if (parent == found[at]) found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace gordian::tools
