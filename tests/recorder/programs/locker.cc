// A program that does nothing but record: threads that take turns at a few locks.
//
//   locker THREADS PAIRS [fork|exec|vfork|daemon|exit3|_exit|abort|closefds|forever]
//
// Each thread records PAIRS lock/unlock pairs (for ever, if 0). What follows is how it ends.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "instrument/recorder/recorder.h"

namespace {

using namespace gordian::recorder;  // a program of a page

// A recorded mutex, in the least code.
struct TracedMutex {
  std::mutex mutex;
  Tracked tracked;
};
std::array<TracedMutex, 4> g_mutexes;

void Work(std::uint64_t pairs) {
  static std::atomic<std::uint64_t> turn{0};
  TrackedTask task{.id = NewTask()};
  if (On()) RunTask(Log(), task);
  for (std::uint64_t i = 0; pairs == 0 || i < pairs; ++i) {
    TracedMutex& target = g_mutexes[turn.fetch_add(1, std::memory_order_relaxed) / 64 % 4];
    std::lock_guard lock(target.mutex);
    if (!On()) continue;
    EnsureRegistered(target.tracked, ObjectKind::kMutex, 0, 0);
    Ordered(Log(), target.tracked, EventType::kLock, 0);
    Ordered(Log(), target.tracked, EventType::kUnlock, 0);
  }
  if (On()) Local(Log(), EventType::kTaskEnd, task.id, 0, {.operands = {0}});
  StopTask(Log());
}

void RunThreads(int count, std::uint64_t pairs) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(Work, pairs);
  for (std::thread& thread : threads) thread.join();
}

int RunSelf(char** argv, bool use_vfork) {
  char* const arguments[] = {argv[0], const_cast<char*>("1"), const_cast<char*>("10"), nullptr};
  const pid_t pid = use_vfork ? vfork() : fork();
  if (pid == 0) {
    execv("/proc/self/exe", arguments);
    _exit(126);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int threads = std::atoi(argv[1]);
  const std::uint64_t pairs = std::strtoull(argv[2], nullptr, 10);
  const std::string_view end = argc > 3 ? argv[3] : "";
  if (end == "closefds") closefrom(3);
  RunThreads(threads, pairs);
  if (end == "closefds") RunThreads(threads, pairs);
  if (end == "exec") return RunSelf(argv, false);
  if (end == "vfork") return RunSelf(argv, true);
  if (end == "fork") {
    const pid_t pid = fork();
    RunThreads(1, pairs);
    if (pid != 0) waitpid(pid, nullptr, 0);
  }
  if (end == "daemon" && fork() == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    RunThreads(1, pairs);
    usleep(200'000);
  }
  if (end == "exit3") std::exit(3);
  if (end == "_exit") _exit(4);
  if (end == "abort") std::abort();
  return 0;
}
