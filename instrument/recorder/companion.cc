#include "instrument/recorder/companion.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "instrument/recorder/scoped_fd.h"

extern "C" char** environ;
extern "C" [[gnu::weak]] const char* gordian_default_options();

namespace gordian::recorder {
namespace {

// How long a companion may take to begin, and how long its heart may stand still.
constexpr int kStartMs = 10'000;
constexpr int kPatienceMs = 5'000;
constexpr int kNapMs = 100;
constexpr int kAddressDescriptor = 3;

std::string FolderOfThisCode() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&FindCommand), &info) == 0 || info.dli_fname == nullptr) {
    return "";
  }
  const std::string_view path = info.dli_fname;
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash));
}

std::string FindInPath() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, colon)) + "/gordian";
    if (candidate[0] == '/' && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return "";
}

// The program's environment without what would record the companion, and with its own options,
// which may be in its code.
std::vector<std::string> EnvironmentOfCompanion() {
  std::vector<std::string> variables;
  std::string options;
  if (&gordian_default_options != nullptr) {
    if (const char* text = gordian_default_options()) options = text;
  }
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    constexpr std::string_view kOptions = "GORDIAN_OPTIONS=";
    if (text.starts_with(kOptions)) {
      options += options.empty() ? "" : ":";
      options += text.substr(kOptions.size());
    } else if (!text.starts_with("LD_PRELOAD=")) {
      variables.emplace_back(text);
    }
  }
  variables.push_back("GORDIAN_OPTIONS=" + options);
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Without the handlers of pthread_atfork, and without a word to the parent at the child's end.
pid_t ForkQuietly(int end_signal) {
  return static_cast<pid_t>(syscall(SYS_clone, end_signal, nullptr, nullptr, nullptr, nullptr));
}

void ResetSignals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In a process of its own, in which there is nothing left to record.
[[noreturn]] void BecomeCompanion(int address, char* const* arguments, char* const* environment) {
  setsid();
  if (ForkQuietly(SIGCHLD) != 0) syscall(SYS_exit_group, 0);
  ResetSignals();
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  if (address != kAddressDescriptor) dup2(address, kAddressDescriptor);
  fcntl(kAddressDescriptor, F_SETFD, 0);
  syscall(SYS_close_range, kAddressDescriptor + 1, ~0u, 0);
  execve(arguments[0], arguments, environment);
  syscall(SYS_exit_group, 127);
  __builtin_unreachable();
}

// One line; nothing where it does not come in time.
std::string ReadAddress(int descriptor) {
  std::string address;
  char buffer[128];
  pollfd polled{.fd = descriptor, .events = POLLIN, .revents = 0};
  while (address.empty() || address.back() != '\n') {
    if (poll(&polled, 1, kStartMs) <= 0) return "";
    const ssize_t bytes = read(descriptor, buffer, sizeof buffer);
    if (bytes <= 0) return "";
    address.append(buffer, static_cast<std::size_t>(bytes));
  }
  address.pop_back();
  return address;
}

}  // namespace

std::string FindCommand() {
  const std::string folder = FolderOfThisCode();
  for (const char* from_there : {"/gordian", "/" GORDIAN_BIN_FROM_LIBRARY "/gordian"}) {
    const std::string candidate = folder + from_there;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return FindInPath();
}

std::string StartCompanion(const Options& options) {
  const int saved = errno;
  std::vector<std::string> words = {FindCommand(), "attend", "--exit-code",
                                    std::to_string(options.exitcode)};
  if (words.front().empty()) return "";
  if (!options.trace.empty()) words.insert(words.end(), {"--trace", options.trace});
  std::vector<std::string> variables = EnvironmentOfCompanion();
  const std::vector<char*> arguments = Pointers(words), environment = Pointers(variables);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "";
  const ScopedFd read_end(ends[0]);
  std::string address;
  {
    const ScopedFd write_end(ends[1]);
    const pid_t child = ForkQuietly(0);
    if (child == 0) BecomeCompanion(ends[1], arguments.data(), environment.data());
    if (child > 0) {
      while (waitpid(child, nullptr, __WCLONE) < 0 && errno == EINTR) {
      }
    }
  }
  address = ReadAddress(read_end.get());
  errno = saved;
  return address;
}

std::uint32_t AwaitVerdict(const Region& region) {
  RegionHeader& header = region.header();
  header.asks_verdict.store(1);
  std::uint32_t beat = header.heartbeat.load();
  for (int waited = 0; waited < kPatienceMs; waited += kNapMs) {
    if (const std::uint32_t verdict = header.verdict.load(); verdict != 0) return verdict;
    FutexWait(header.verdict, 0, kNapMs);
    const std::uint32_t now = header.heartbeat.load();
    if (now != std::exchange(beat, now)) waited = 0;
  }
  return kOwnStatus;
}

}  // namespace gordian::recorder
