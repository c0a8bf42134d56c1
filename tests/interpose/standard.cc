// The rest of the standard library's vocabulary and of POSIX's locks: used rightly, and some of it
// wrongly.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/interpose/plain.h"

namespace {

void StopTokenEndsTheWait() {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread worker([&](std::stop_token stop) {
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
  });
  Pause(60);
}

void StopTokenNobodyLooksAt() {
  std::mutex mutex;
  std::condition_variable wake;
  std::jthread worker([&] {
    std::unique_lock lock(mutex);
    wake.wait(lock);
  });
}

void PromiseNobodyKeeps() {
  std::promise<int> promise;
  std::thread waiter([future = promise.get_future()]() mutable { future.wait(); });
  waiter.join();
}

void PromiseKeptLate() {
  std::promise<int> promise;
  std::thread waiter([future = promise.get_future()]() mutable {
    if (future.get() != 7) std::exit(97);
  });
  Pause(400);
  promise.set_value(7);
  waiter.join();
}

void SharedTimedMutexes() {
  std::shared_timed_mutex mutex;
  using namespace std::chrono_literals;
  std::shared_lock reads(mutex);
  std::thread([&] {
    if (mutex.try_lock_for(30ms)) std::exit(97);
    if (!mutex.try_lock_shared_for(30ms)) std::exit(96);
    mutex.unlock_shared();
  }).join();
  reads.unlock();
  if (!mutex.try_lock_until(std::chrono::steady_clock::now() + 1s)) std::exit(95);
  mutex.unlock();
}

void RecursiveTimedMutexes() {
  std::recursive_timed_mutex mutex;
  using namespace std::chrono_literals;
  std::lock_guard once(mutex);
  if (!mutex.try_lock_for(10ms)) std::exit(97);
  std::thread([&] {
    if (mutex.try_lock_for(10ms)) std::exit(96);
  }).join();
  mutex.unlock();
}

int Slow() {
  Pause(60);
  return 7;
}

void LocalStatics() {
  std::vector<std::jthread> all;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back([] {
      static const int value = Slow();
      if (value != 7) std::exit(97);
    });
  }
}

void OwnerDies() {
  static pthread_mutex_t mutex;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mutex, &attributes);
  std::thread([] { pthread_mutex_lock(&mutex); }).join();
  if (pthread_mutex_lock(&mutex) != EOWNERDEAD) std::exit(97);
  pthread_mutex_consistent(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_destroy(&mutex);
}

void NamedSemaphores() {
  const std::string name = "/gordian-plain-" + std::to_string(getpid());
  sem_t* semaphore = sem_open(name.c_str(), O_CREAT | O_EXCL, 0600, 0);
  if (semaphore == SEM_FAILED) std::exit(97);
  std::thread waiter([=] { sem_wait(semaphore); });
  Pause(400);
  sem_post(semaphore);
  waiter.join();
  sem_close(semaphore);
  sem_unlink(name.c_str());
}

// No cleanup handler lets it go.
void CancelledWithItsLock() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        pthread_mutex_lock(&mutex);
        for (;;) pause();
        return nullptr;
      },
      nullptr);
  Pause();
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
}

void ThrowsOutOfLocks() {
  std::mutex mutex;
  std::shared_mutex shared;
  for (int i = 0; i < 3; ++i) {
    try {
      std::scoped_lock lock(mutex);
      std::shared_lock reads(shared);
      throw i;
    } catch (int) {
    }
  }
  std::scoped_lock both(mutex, shared);
}

// Two of them, taken in any order: std::lock backs off by itself.
void ScopedLocksOfTwo() {
  std::mutex a, b;
  std::jthread one([&] {
    for (int i = 0; i < 50; ++i) std::scoped_lock both(a, b);
  });
  std::jthread two([&] {
    for (int i = 0; i < 50; ++i) std::scoped_lock both(b, a);
  });
}

constexpr Plain kPrograms[] = {
    {"stop-token-ends-the-wait", StopTokenEndsTheWait},
    {"stop-token-nobody-looks-at", StopTokenNobodyLooksAt},
    {"promise-nobody-keeps", PromiseNobodyKeeps},
    {"promise-kept-late", PromiseKeptLate},
    {"shared-timed-mutexes", SharedTimedMutexes},
    {"recursive-timed-mutexes", RecursiveTimedMutexes},
    {"local-statics", LocalStatics},
    {"owner-dies", OwnerDies},
    {"named-semaphores", NamedSemaphores},
    {"cancelled-with-its-lock", CancelledWithItsLock},
    {"throws-out-of-locks", ThrowsOutOfLocks},
    {"scoped-locks-of-two", ScopedLocksOfTwo},
};

}  // namespace

std::span<const Plain> StandardPrograms() { return kPrograms; }
