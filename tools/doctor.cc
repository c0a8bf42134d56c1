// gordian doctor: whether recording and detection work on this machine.
//
// It looks at what the recorder and the scheduler need of the kernel, then records a small
// program that deadlocks (doctor/program.cc) with the real `gordian run` and expects the finding.
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "tools/command.h"

extern char** environ;

namespace gordian::tools {
namespace {

constexpr int kExitSick = 1;
constexpr int kAdviseGuardInstall = 102;  // MADV_GUARD_INSTALL, Linux 6.13
constexpr int kRecordingSeconds = 20;

enum class Health : std::uint8_t { kOk, kNote, kSick };

struct Check {
  Health health = Health::kOk;
  std::string text;
};

std::string FirstLineOf(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Check Machine() {
  utsname name{};
  uname(&name);
  return {Health::kOk, absl::StrCat(name.sysname, " ", name.release, " on ", name.machine, ", ",
                                    std::thread::hardware_concurrency(), " processors")};
}

Check Guards() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return {Health::kSick, absl::StrCat("memory cannot be mapped: ", std::strerror(errno))};
  }
  const bool regions = madvise(memory, page, kAdviseGuardInstall) == 0;
  munmap(memory, 2 * page);
  if (regions)
    return {Health::kOk, "stacks have lightweight guard regions: a million goroutines fit"};
  return {Health::kNote,
          absl::StrCat("no lightweight guard regions (Linux 6.13): the first 20000 goroutines have "
                       "guard pages, later ones a canary; at most ",
                       FirstLineOf("/proc/sys/vm/max_map_count"), " mappings")};
}

Check SharedMemory() {
  constexpr off_t kBytes = 1 << 20;
  const int descriptor = memfd_create("gordian-doctor", MFD_CLOEXEC);
  if (descriptor < 0 || ftruncate(descriptor, kBytes) != 0) {
    return {Health::kSick, absl::StrCat("no shared memory for recording: ", std::strerror(errno))};
  }
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  const int error = errno;
  close(descriptor);
  if (memory == MAP_FAILED) {
    return {Health::kSick, absl::StrCat("no shared memory for recording: ", std::strerror(error))};
  }
  munmap(memory, kBytes);
  return {Health::kOk, "shared memory for recording"};
}

Check Clock() {
  timespec resolution{};
  if (clock_getres(CLOCK_MONOTONIC, &resolution) != 0) {
    return {Health::kSick, absl::StrCat("no monotonic clock: ", std::strerror(errno))};
  }
  if (resolution.tv_sec > 0 || resolution.tv_nsec > 1'000'000) {
    return {Health::kNote, "the clock is coarse: measured times will be too"};
  }
  return {Health::kOk, absl::StrCat("a clock that ticks every ", resolution.tv_nsec, " ns")};
}

// Beside the command in a build, in libexec of an installation.
std::string ProgramPath(const std::filesystem::path& self) {
  constexpr std::string_view kName = "gordian-doctor-program";
  const std::filesystem::path folder = self.parent_path();
  for (const std::filesystem::path& candidate :
       {folder / kName, folder.parent_path() / "libexec" / "gordian" / kName}) {
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// Runs `command` without its output; its wait status, or -1.
int RunQuietly(std::vector<std::string> command) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const absl::Cleanup destroy = [&] { posix_spawn_file_actions_destroy(&actions); };
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  if (posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

// The rules that a JSON report has findings of.
std::vector<std::string> RulesIn(const std::string& path) {
  std::vector<std::string> rules;
  std::ifstream file(path);
  const nlohmann::json report = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (report.is_discarded()) return rules;
  for (const nlohmann::json& finding : report.value("findings", nlohmann::json::array())) {
    if (finding.value("verdict", "") == "confirmed") rules.push_back(finding.value("rule", ""));
  }
  return rules;
}

Check Recording() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = ProgramPath(self);
  if (program.empty()) {
    return {Health::kSick,
            absl::StrCat("gordian-doctor-program is not installed beside ", self.string())};
  }
  std::string report = std::filesystem::temp_directory_path(error) / "gordian-doctor.XXXXXX";
  const int descriptor = mkstemp(report.data());
  if (descriptor < 0) {
    return {Health::kSick, absl::StrCat("cannot make ", report, ": ", std::strerror(errno))};
  }
  close(descriptor);
  const absl::Cleanup remove = [&] { unlink(report.c_str()); };
  const int status =
      RunQuietly({self.string(), "run", "--format=json", "-o", report,
                  absl::StrCat("--timeout=", kRecordingSeconds, "s"), "--", program});
  for (const std::string& rule : RulesIn(report)) {
    if (rule.starts_with("deadlock.") && WIFEXITED(status) && WEXITSTATUS(status) == 1) {
      return {Health::kOk,
              absl::StrCat("a program that deadlocks was recorded, and found: ", rule)};
    }
  }
  return {Health::kSick,
          absl::StrCat("a program that deadlocks was recorded, and nothing was found (status ",
                       WIFEXITED(status) ? WEXITSTATUS(status) : -1, ")")};
}

class Doctor final : public Command {
 public:
  void Declare(CLI::App&) override {}

  int Run() override {
    static constexpr std::array kChecks = {Machine, Guards, SharedMemory, Clock, Recording};
    bool sick = false;
    for (Check (*check)() : kChecks) {
      const Check result = check();
      sick |= result.health == Health::kSick;
      const char* word = result.health == Health::kOk     ? "ok    "
                         : result.health == Health::kNote ? "note  "
                                                          : "FAIL  ";
      std::cout << word << result.text << std::endl;
    }
    std::cout << (sick ? "gordian does not work here\n" : "gordian works here\n");
    return sick ? kExitSick : 0;
  }
};

}  // namespace

std::unique_ptr<Command> MakeDoctor() { return std::make_unique<Doctor>(); }

}  // namespace gordian::tools
