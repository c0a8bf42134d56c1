// How a program ends: by its own fault, by a signal, at once, from anywhere.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <stdexcept>

#include "tests/interpose/plain.h"

namespace {

std::mutex table;

// Goes on locking until the program is gone.
void LockForEver() {
  for (;;) std::lock_guard lock(table);
}

// While a thread locks, and another one waits.
void AmidOthers(void (*end)()) {
  std::mutex held;
  held.lock();
  std::thread(LockForEver).detach();
  std::thread([&held] { held.lock(); }).detach();
  Pause(60);
  end();
}

void Crashes() {
  AmidOthers([] { *static_cast<volatile int*>(nullptr) = 1; });
}

void CrashesWithALock() {
  std::thread([] {
    std::lock_guard lock(table);
    *static_cast<volatile int*>(nullptr) = 1;
  }).join();
}

void Aborts() { AmidOthers(std::abort); }

void Terminates() {
  std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
}

void LeavesAtOnce() {
  AmidOthers([] { _exit(7); });
}

void QuickExits() {
  std::at_quick_exit([] {
    std::lock_guard lock(table);
    std::puts("quick");
    std::fflush(stdout);
  });
  std::thread([] { std::quick_exit(8); }).join();
}

void IsKilled() {
  AmidOthers([] { raise(SIGKILL); });
}

void IsEndedBySignal() {
  AmidOthers([] { raise(SIGTERM); });
}

void ExitsInAThread() {
  std::thread([] { std::exit(9); }).join();
}

void ExitsAmidOthers() {
  AmidOthers([] { std::exit(0); });
}

int Dig(volatile int* above) {
  volatile int here[256] = {*above + 1};
  if (std::lock_guard lock(table); here[0] < 0) return 0;
  return Dig(here) + here[1];
}

void RunsOutOfStack() {
  std::thread([] {
    volatile int none = 0;
    Dig(&none);
  }).join();
}

void HandlesItsOverflow() {
  static char stack[1 << 16];
  std::thread([] {
    const stack_t other{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
    sigaltstack(&other, nullptr);
    struct sigaction action{};
    action.sa_handler = [](int) { _exit(77); };
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGSEGV, &action, nullptr);
    volatile int none = 0;
    Dig(&none);
  }).join();
}

// A handler that goes on elsewhere, as interpreters do it.
void RecoversFromAFault() {
  static sigjmp_buf again;
  signal(SIGSEGV, [](int) { siglongjmp(again, 1); });
  for (volatile int i = 0; i < 3; i = i + 1) {
    if (sigsetjmp(again, 1) == 0) *static_cast<volatile int*>(nullptr) = 1;
    std::lock_guard lock(table);
  }
}

// Out of a region that is locked, and back into it.
void JumpsOutOfALock() {
  static jmp_buf outside;
  if (setjmp(outside) == 0) {
    table.lock();
    longjmp(outside, 1);
  }
  table.unlock();
  std::thread([] { std::lock_guard lock(table); }).join();
}

void JumpsOutOfALockForGood() {
  std::thread([] {
    static jmp_buf outside;
    if (setjmp(outside) == 0) {
      table.lock();
      longjmp(outside, 1);
    }
  }).join();
}

void LocksAtExit() {
  struct Last {
    ~Last() {
      std::thread([] { std::lock_guard lock(table); }).join();
    }
  };
  static Last last;
  std::atexit([] {
    std::lock_guard lock(table);
    std::puts("at exit");
  });
}

void LocksInOppositeOrderAtExit() {
  static std::mutex left, right;
  std::thread([] {
    std::lock_guard first(left);
    std::lock_guard second(right);
  }).detach();
  Pause(60);
  std::atexit([] {
    std::lock_guard first(right);
    std::lock_guard second(left);
  });
}

void DetachedThreadsEndMeanwhile() {
  for (int i = 0; i < 8; ++i) {
    std::thread([] {
      for (int round = 0; round < 1000; ++round) std::lock_guard lock(table);
    }).detach();
  }
}

// The exit waits for ever for those who wait for what it destroys.
void DestroysWhatIsWaitedFor() {
  static std::mutex mutex;
  static std::condition_variable changed;
  for (int i = 0; i < 2; ++i) {
    std::thread([] {
      std::unique_lock lock(mutex);
      changed.wait(lock);
    }).detach();
  }
  Pause(60);
}

// Those who were woken have not left yet.
void DestroysWhatHasBeenSignalled() {
  for (int i = 0; i < 200; ++i) {
    std::mutex mutex;
    std::condition_variable changed;
    int waiting = 0;
    bool go = false;
    const auto wait = [&] {
      std::unique_lock lock(mutex);
      ++waiting;
      while (!go) changed.wait(lock);
    };
    std::thread one(wait), two(wait);
    for (bool all = false; !all; std::this_thread::yield()) {
      std::lock_guard lock(mutex);
      all = go = waiting == 2;
    }
    changed.notify_all();
    changed.~condition_variable();
    new (&changed) std::condition_variable;
    one.join();
    two.join();
  }
}

void MainEndsFirstAndTheRestIsBlocked() {
  std::thread([] {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock(mutex);
    nobody.wait(lock);
  }).detach();
  pthread_exit(nullptr);
}

// The process lives as long as its last thread.
void MainEndsFirst() {
  std::thread([] {
    Pause(150);
    std::lock_guard lock(table);
    std::puts("last");
  }).detach();
  pthread_exit(nullptr);
}

constexpr Plain kPrograms[] = {
    {"crashes", Crashes},
    {"crashes-with-a-lock", CrashesWithALock},
    {"aborts", Aborts},
    {"terminates", Terminates},
    {"leaves-at-once", LeavesAtOnce},
    {"quick-exits", QuickExits},
    {"is-killed", IsKilled},
    {"is-ended-by-a-signal", IsEndedBySignal},
    {"exits-in-a-thread", ExitsInAThread},
    {"exits-amid-others", ExitsAmidOthers},
    {"runs-out-of-stack", RunsOutOfStack},
    {"handles-its-overflow", HandlesItsOverflow},
    {"recovers-from-a-fault", RecoversFromAFault},
    {"jumps-out-of-a-lock", JumpsOutOfALock},
    {"jumps-out-of-a-lock-for-good", JumpsOutOfALockForGood},
    {"locks-at-exit", LocksAtExit},
    {"locks-in-opposite-order-at-exit", LocksInOppositeOrderAtExit},
    {"detached-threads-end-meanwhile", DetachedThreadsEndMeanwhile},
    {"destroys-what-is-waited-for", DestroysWhatIsWaitedFor},
    {"destroys-what-has-been-signalled", DestroysWhatHasBeenSignalled},
    {"main-ends-first-and-the-rest-is-blocked", MainEndsFirstAndTheRestIsBlocked},
    {"main-ends-first", MainEndsFirst},
};

}  // namespace

std::span<const Plain> EndPrograms() { return kPrograms; }
