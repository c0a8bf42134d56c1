// What is made of atomics: it blocks in a futex, and what it does without blocking is not seen.
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <barrier>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <semaphore>

#include "tests/interpose/plain.h"

namespace {

void LatchNobodyOpens() {
  std::latch latch(2);
  std::thread one([&] { latch.arrive_and_wait(); });
  one.join();
}

// Each alone is right; together they wait for each other.
void LatchBehindALock() {
  std::mutex mutex;
  std::latch latch(1);
  std::thread waits([&] {
    std::lock_guard lock(mutex);
    latch.wait();
  });
  std::thread opens([&] {
    Pause();
    std::lock_guard lock(mutex);
    latch.count_down();
  });
  waits.join();
  opens.join();
}

void LatchBesideALock() {
  std::mutex mutex;
  std::latch latch(1);
  std::thread waits([&] {
    latch.wait();
    std::lock_guard lock(mutex);
  });
  std::thread opens([&] {
    std::lock_guard lock(mutex);
    Pause(400);
    latch.count_down();
  });
  waits.join();
  opens.join();
}

void AtomicNobodyChanges() {
  std::atomic<int> value{0};
  std::thread waiter([&] { value.wait(0); });
  waiter.join();
}

// Of a size that a futex does not have: the library waits on a word of its own.
void AtomicFlagNobodySets() {
  std::atomic<bool> flag{false};
  std::thread waiter([&] { flag.wait(false); });
  waiter.join();
}

void SemaphoreNobodyReleases() {
  std::binary_semaphore permit(1);
  std::thread worker([&] {
    permit.acquire();
    permit.acquire();
  });
  worker.join();
}

void StandardBarrierOfTooMany() {
  std::barrier barrier(3);
  std::thread one([&] { barrier.arrive_and_wait(); });
  barrier.arrive_and_wait();
  one.join();
}

void SemaphoreWithATimeout() {
  std::counting_semaphore<2> permits(0);
  using namespace std::chrono_literals;
  while (permits.try_acquire_for(400ms)) {
  }
}

void After(int milliseconds, void (*handler)(int)) {
  signal(SIGALRM, handler);
  itimerval timer{};
  timer.it_value.tv_usec = milliseconds * 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void PostedByAHandler() {
  static sem_t ready;
  sem_init(&ready, 0, 0);
  After(700, [](int) { sem_post(&ready); });
  while (sem_wait(&ready) != 0) {
  }
}

void NotifiedByAHandler() {
  static std::atomic<int> ready{0};
  After(700, [](int) {
    ready = 1;
    ready.notify_all();
  });
  ready.wait(0);
}

// A pool that nobody ends, as many libraries have one.
void WorkerLeftByMain() {
  static auto& mutex = *new std::mutex;
  static auto& wake = *new std::condition_variable;
  static int work = 1;
  std::thread([] {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [] { return work > 0; });
      --work;
    }
  }).detach();
  Pause();
  std::lock_guard lock(mutex);
  ++work;
  wake.notify_one();
}

void WorkerLeftOnAnAtomic() {
  static std::atomic<int> work{0};
  std::thread([] {
    for (;;) work.wait(0);
  }).detach();
  Pause();
}

constexpr Plain kPrograms[] = {
    {"latch-nobody-opens", LatchNobodyOpens},
    {"latch-behind-a-lock", LatchBehindALock},
    {"latch-beside-a-lock", LatchBesideALock},
    {"atomic-nobody-changes", AtomicNobodyChanges},
    {"atomic-flag-nobody-sets", AtomicFlagNobodySets},
    {"semaphore-nobody-releases", SemaphoreNobodyReleases},
    {"standard-barrier-of-too-many", StandardBarrierOfTooMany},
    {"semaphore-with-a-timeout", SemaphoreWithATimeout},
    {"posted-by-a-handler", PostedByAHandler},
    {"notified-by-a-handler", NotifiedByAHandler},
    {"worker-left-by-main", WorkerLeftByMain},
    {"worker-left-on-an-atomic", WorkerLeftOnAnAtomic},
};

}  // namespace

std::span<const Plain> FutexPrograms() { return kPrograms; }
