// Little memory, little room, signals in the middle of everything.
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "tests/interpose/plain.h"

namespace {

std::mutex table;

void Limit(__rlimit_resource_t what, rlim_t most) {
  const rlimit limit{most, most};
  if (setrlimit(what, &limit) != 0) std::exit(96);
}

// Everything there is, in smaller and smaller blocks.
std::vector<void*> TakeAllMemory() {
  Limit(RLIMIT_AS, 6ull << 30);
  std::vector<void*> taken;
  taken.reserve(1 << 20);
  for (std::size_t size = 1 << 28; size >= 64; size /= 2) {
    while (void* block = std::malloc(size)) {
      if (taken.size() == taken.capacity()) break;
      taken.push_back(block);
    }
  }
  return taken;
}

void AtOnce(int count, void* (*function)(void*)) {
  pthread_t threads[64];
  for (int i = 0; i < count; ++i) {
    if (pthread_create(&threads[i], nullptr, function, nullptr) != 0) std::exit(95);
  }
  for (int i = 0; i < count; ++i) pthread_join(threads[i], nullptr);
}

// Threads are refused, and that is all that happens.
void RunsOutOfMemory() {
  const std::vector<void*> taken = TakeAllMemory();
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    static std::mutex locks[4];
    std::lock_guard lock(locks[i]);
    pthread_t thread;
    const auto nothing = [](void*) -> void* { return nullptr; };
    if (pthread_create(&thread, nullptr, nothing, nullptr) != 0) {
      ++refused;
    } else {
      pthread_join(thread, nullptr);
    }
  }
  for (void* block : taken) std::free(block);
  if (refused == 0) std::exit(97);
  std::thread([] { std::lock_guard lock(table); }).join();
}

// Threads come and go all the same, on the stacks that others have left, and lock.
void RunsOnWithoutMemory() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 18);
  pthread_setattr_default_np(&attributes);
  AtOnce(60, [](void*) -> void* {
    Pause();
    return nullptr;
  });
  const std::vector<void*> taken = TakeAllMemory();
  AtOnce(60, [](void*) -> void* {
    static std::mutex locks[8];
    for (std::mutex& lock : locks) {
      std::lock_guard guard(lock);
      Pause(1);
    }
    return nullptr;
  });
  for (void* block : taken) std::free(block);
}

// As many bytes as the limit allows, and an error behind.
void FillsItsFile() {
  signal(SIGXFSZ, SIG_IGN);
  Limit(RLIMIT_FSIZE, 1 << 16);
  char name[] = "/tmp/fills-XXXXXX";
  const int file = mkstemp(name);
  unlink(name);
  char block[1 << 12] = {};
  std::size_t written = 0;
  for (int i = 0; i < 100; ++i) {
    std::lock_guard lock(table);
    const ssize_t count = write(file, block, sizeof block);
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (written != 1 << 16) std::exit(97);
  std::thread threads[4];
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      for (int i = 0; i < 100000; ++i) std::lock_guard lock(table);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

sem_t g_ticks;
std::atomic<int> g_posts{0};

// A timer interrupts whatever is going on, and its handler does what a handler may.
void TickEvery(int microseconds) {
  sem_init(&g_ticks, 0, 0);
  struct sigaction action{};
  action.sa_handler = [](int) {
    const int before = errno;
    sem_post(&g_ticks);
    ++g_posts;
    static_cast<void>(write(STDERR_FILENO, "", 0));
    errno = before;
  };
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval timer{{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void StopTicking() {
  const itimerval none{};
  setitimer(ITIMER_REAL, &none, nullptr);
}

void SignalsInTheMiddle() {
  TickEvery(100);
  std::condition_variable changed;
  int turn = 0;
  const auto play = [&](int self) {
    for (int i = 0; i < 3000; ++i) {
      std::unique_lock lock(table);
      changed.wait(lock, [&] { return turn == self; });
      turn = 1 - self;
      changed.notify_all();
      std::mutex own;
      std::lock_guard second(own);
    }
  };
  std::thread one([&] { play(0); }), two([&] { play(1); });
  std::thread many([] {
    for (int i = 0; i < 200; ++i) std::thread([] { std::lock_guard lock(table); }).join();
  });
  one.join();
  two.join();
  many.join();
  StopTicking();
  int value = 0;
  sem_getvalue(&g_ticks, &value);
  if (value != g_posts || value == 0) std::exit(97);
}

// The main thread sleeps on what only the handler gives.
void WaitsForItsHandler() {
  TickEvery(1000);
  for (int i = 0; i < 400; ++i) {
    while (sem_wait(&g_ticks) != 0) {
    }
  }
  StopTicking();
}

// A wait with a time limit as it was written before there was one: the handler jumps out of it.
void JumpsOutOfAWait() {
  static sigjmp_buf outside;
  static sem_t never;
  sem_init(&never, 0, 0);
  signal(SIGALRM, [](int) { siglongjmp(outside, 1); });
  for (volatile int i = 0; i < 3; i = i + 1) {
    if (sigsetjmp(outside, 1) == 0) {
      ualarm(50'000, 0);
      sem_wait(&never);
    }
    std::lock_guard lock(table);
  }
  std::thread([] { std::lock_guard lock(table); }).join();
}

// A handler on a small stack of its own.
void HandlesOnASmallStack() {
  static char memory[16384];
  const stack_t other{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
  sigaltstack(&other, nullptr);
  sem_init(&g_ticks, 0, 0);
  struct sigaction action{};
  action.sa_handler = [](int) { sem_post(&g_ticks); };
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
  for (int i = 0; i < 100; ++i) raise(SIGUSR1);
  for (int i = 0; i < 100; ++i) sem_wait(&g_ticks);
}

// Threads with as little stack as there may be.
void SmallStacks() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) != 0) std::exit(96);
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    const auto lock_once = [](void*) -> void* {
      static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
      volatile char used[4096] = {};
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
      return reinterpret_cast<void*>(static_cast<long>(used[0]));
    };
    if (pthread_create(&thread, &attributes, lock_once, nullptr) != 0) std::exit(97);
    pthread_join(thread, nullptr);
  }
  pthread_attr_destroy(&attributes);
}

void ClosesEverything() {
  std::fflush(stdout);
  const int out = dup(STDOUT_FILENO);
  dup2(out, 500);
  for (int i = 0; i < 500; ++i) close(i);
  closefrom(501);
  for (int i = 0; i < 3; ++i) std::thread([] { std::lock_guard lock(table); }).join();
  dup2(500, STDOUT_FILENO);
}

void ClosesEverythingAndDeadlocks() {
  closefrom(0);
  table.lock();
  table.lock();
}

constexpr Plain kPrograms[] = {
    {"runs-out-of-memory", RunsOutOfMemory},
    {"runs-on-without-memory", RunsOnWithoutMemory},
    {"fills-its-file", FillsItsFile},
    {"signals-in-the-middle", SignalsInTheMiddle},
    {"waits-for-its-handler", WaitsForItsHandler},
    {"jumps-out-of-a-wait", JumpsOutOfAWait},
    {"handles-on-a-small-stack", HandlesOnASmallStack},
    {"small-stacks", SmallStacks},
    {"closes-everything", ClosesEverything},
    {"closes-everything-and-deadlocks", ClosesEverythingAndDeadlocks},
};

}  // namespace

std::span<const Plain> StraitPrograms() { return kPrograms; }
