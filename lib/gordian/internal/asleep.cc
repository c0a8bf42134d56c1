#include "gordian/internal/asleep.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gordian/internal/fatal.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/quit.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"

namespace gordian::internal {
namespace {

constexpr timespec kLookAfter{0, 50'000'000};  // and again as long after that
constexpr int kLooks = 10;                     // threads that are ending need a moment

constinit std::atomic<std::uint8_t> g_watched{0};  // the fork generation that has a watch
Signal g_stands_still;

// The name of every thread of the library's own begins so (pthread_setname_np).
constexpr std::string_view kOwnThreads = "gordian-";

// Threads of the process but the library's; -1 where that cannot be known.
int OtherThreads() {
  const std::unique_ptr<DIR, int (*)(DIR*)> threads(opendir("/proc/self/task"), closedir);
  if (threads == nullptr) return -1;
  int count = 0;
  while (const dirent* thread = readdir(threads.get())) {
    if (thread->d_name[0] == '.') continue;
    const std::string path = absl::StrCat("/proc/self/task/", thread->d_name, "/comm");
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                               std::fclose);
    std::array<char, 32> name{};
    if (file == nullptr || std::fgets(name.data(), name.size(), file.get()) == nullptr) continue;
    if (!std::string_view(name.data()).starts_with(kOwnThreads)) ++count;
  }
  return count;
}

int KnownThreads() {
  int count = 0;
  ForEachThreadTask([&](const Task& task) { count += task.kind == trace::TaskKind::kThread; });
  return count;
}

// Those that report crashes wake nobody.
bool IsOfCrashes(int number) {
  constexpr std::array kOfCrashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  for (const int one : kOfCrashes) {
    if (one == number) return true;
  }
  return false;
}

bool AnyHandler() {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now{};
    if (IsOfCrashes(number) || sigaction(number, nullptr, &now) != 0) continue;
    if (number == SIGQUIT && QuitIsOurs()) continue;
    if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) return true;
  }
  return false;
}

bool IsForEver() { return StandingStill() && OtherThreads() == KnownThreads() && !AnyHandler(); }

void EndAsleep() {
  FatalAsleep(absl::StrCat(
      "gordian: fatal: all tasks are asleep: nothing can run any more\n\n", DumpTasks(),
      "\n`gordian run` in front of the program shows who holds what, and what to change.\n"));
}

void* Watch(void*) {
  pthread_setname_np(pthread_self(), "gordian-asleep");
  AdoptThread(NewThreadTask(trace::TaskKind::kInternal));
  for (;;) {
    g_stands_still.Wait();
    int for_ever = 0;
    for (int look = 0; look < kLooks && StandingStill(); ++look) {
      nanosleep(&kLookAfter, nullptr);
      for_ever = IsForEver() ? for_ever + 1 : 0;
      if (for_ever == 2) EndAsleep();
    }
  }
}

}  // namespace

void NobodyMoves() {
  const std::uint8_t generation = g_fork_generation;
  if (g_watched.exchange(generation) != generation) StartInternalThread(Watch, nullptr);
  g_stands_still.Post();
}

}  // namespace gordian::internal
