// Other images: children, programs that go on as others, libraries that come and go.
#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "tests/interpose/plain.h"

extern char** environ;

namespace {

std::mutex table;

int StatusOf(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void GoOnAs(const char* program) {
  std::fflush(stdout);
  execl("/proc/self/exe", "plain", program, nullptr);
  std::exit(96);
}

// Threads lock and wait meanwhile: they are gone with the image.
void Execs() {
  std::thread([] {
    for (;;) std::lock_guard lock(table);
  }).detach();
  std::thread([] {
    std::mutex held;
    held.lock();
    std::condition_variable nobody;
    std::unique_lock lock(held, std::adopt_lock);
    nobody.wait(lock);
  }).detach();
  Pause(60);
  GoOnAs("same-order");
}

void ExecsInAThread() {
  std::thread([] { GoOnAs("same-order"); }).join();
}

void ExecsADeadlock() {
  std::lock_guard lock(table);
  GoOnAs("locked-twice");
}

void ExecFails() {
  execl("/nowhere/program", "program", nullptr);
  std::thread([] { std::lock_guard lock(table); }).join();
}

void Vforks() {
  for (int i = 0; i < 5; ++i) {
    const pid_t child = vfork();
    if (child == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(96);
    }
    std::lock_guard lock(table);
    if (StatusOf(child) != 0) std::exit(97);
  }
  const pid_t child = vfork();
  if (child == 0) _exit(3);
  if (WEXITSTATUS(StatusOf(child)) != 3) std::exit(97);
}

void Spawns() {
  std::thread threads[4];
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      char name[] = "true";
      char* arguments[] = {name, nullptr};
      pid_t child = 0;
      if (posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ) != 0) {
        std::exit(97);
      }
      if (StatusOf(child) != 0) std::exit(97);
      std::lock_guard lock(table);
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (std::system("exit 4") != 4 << 8) std::exit(97);
}

// The child locks, makes threads and waits; its parent's threads are not its own.
void ChildUsesThreads() {
  std::mutex held;
  held.lock();
  std::thread waiter([&held] { std::lock_guard lock(held); });
  Pause();
  const pid_t child = fork();
  if (child == 0) {
    std::mutex own;
    std::thread([&own] { std::lock_guard lock(own); }).join();
    std::lock_guard lock(own);
    std::_Exit(5);
  }
  if (WEXITSTATUS(StatusOf(child)) != 5) std::exit(97);
  held.unlock();
  waiter.join();
}

void ThreadForks() {
  std::thread([] {
    const pid_t child = fork();
    if (child == 0) {
      std::thread([] { std::lock_guard lock(table); }).join();
      std::exit(6);
    }
    if (WEXITSTATUS(StatusOf(child)) != 6) std::exit(97);
  }).join();
}

// What a thread of the parent held when it forked is held for ever in the child.
void ChildNeedsItsParentsLock() {
  std::atomic<bool> done{false};
  std::thread holder([&] {
    std::lock_guard lock(table);
    while (!done) Pause(5);
  });
  Pause();
  const pid_t child = fork();
  if (child == 0) {
    table.lock();
    _exit(0);
  }
  StatusOf(child);
  done = true;
  holder.join();
}

void ChangesItsEnvironment() {
  clearenv();
  std::thread([] { std::lock_guard lock(table); }).join();
  if (std::system("exit 3") != 3 << 8) std::exit(97);
  environ = nullptr;
  const pid_t child = fork();
  if (child == 0) {
    std::thread([] { std::lock_guard lock(table); }).join();
    _exit(5);
  }
  if (WEXITSTATUS(StatusOf(child)) != 5) std::exit(97);
  setenv("LD_PRELOAD", "", 1);
  if (std::system("exit 3") != 3 << 8) std::exit(97);
}

// A library that uses threads and locks, opened, used, closed, twice.
using Work = void (*)();
void WithLibrary(const char* function) {
  for (int round = 0; round < 2; ++round) {
    void* library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      std::puts(dlerror());
      std::exit(96);
    }
    const auto work = reinterpret_cast<Work>(dlsym(library, function));
    if (work == nullptr) std::exit(95);
    work();
    if (dlclose(library) != 0) std::exit(97);
  }
}

void LibraryComesAndGoes() { WithLibrary("Work"); }
void LibraryLocksInOppositeOrders() { WithLibrary("WorkInOppositeOrders"); }

constexpr Plain kPrograms[] = {
    {"execs", Execs},
    {"execs-in-a-thread", ExecsInAThread},
    {"execs-a-deadlock", ExecsADeadlock},
    {"exec-fails", ExecFails},
    {"vforks", Vforks},
    {"spawns", Spawns},
    {"child-uses-threads", ChildUsesThreads},
    {"thread-forks", ThreadForks},
    {"child-needs-its-parents-lock", ChildNeedsItsParentsLock},
    {"changes-its-environment", ChangesItsEnvironment},
    {"library-comes-and-goes", LibraryComesAndGoes},
    {"library-locks-in-opposite-orders", LibraryLocksInOppositeOrders},
};

}  // namespace

std::span<const Plain> ImagePrograms() { return kPrograms; }
