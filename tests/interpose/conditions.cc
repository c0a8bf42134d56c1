// Condition variables.
#include <pthread.h>

#include <condition_variable>
#include <mutex>

#include "tests/interpose/plain.h"

namespace {

std::mutex mutex;
std::condition_variable ready;
bool is_ready = false;

// Notifies without the lock before anybody waits, and nobody looks at the condition.
void LostWakeup() {
  std::thread waiter([] {
    Pause(60);
    std::unique_lock lock(mutex);
    ready.wait(lock);
  });
  std::thread([] { ready.notify_one(); }).join();
  waiter.join();
}

void WaitsInALoop() {
  std::thread waiter([] {
    Pause(60);
    std::unique_lock lock(mutex);
    ready.wait(lock, [] { return is_ready; });
  });
  {
    std::lock_guard lock(mutex);
    is_ready = true;
  }
  ready.notify_one();
  waiter.join();
}

void WaitsFirst() {
  std::thread waiter([] {
    std::unique_lock lock(mutex);
    ready.wait(lock, [] { return is_ready; });
  });
  Pause(60);
  {
    std::lock_guard lock(mutex);
    is_ready = true;
  }
  ready.notify_all();
  waiter.join();
}

void WaitsWithATimeout() {
  std::unique_lock lock(mutex);
  ready.wait_for(lock, std::chrono::milliseconds(700));
}

void WaitsOnAnyLock() {
  std::condition_variable_any any;
  std::thread waiter([&] {
    std::unique_lock lock(mutex);
    any.wait(lock, [] { return is_ready; });
  });
  Pause(60);
  {
    std::lock_guard lock(mutex);
    is_ready = true;
  }
  any.notify_all();
  waiter.join();
}

void WaitsWithoutTheLock() {
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_sec += 1;
  pthread_cond_timedwait(&condition, &lock, &soon);
}

constexpr Plain kPrograms[] = {
    {"lost-wakeup", LostWakeup},           {"waits-in-a-loop", WaitsInALoop},
    {"waits-first", WaitsFirst},           {"waits-with-a-timeout", WaitsWithATimeout},
    {"waits-on-any-lock", WaitsOnAnyLock}, {"waits-without-the-lock", WaitsWithoutTheLock},
};

}  // namespace

std::span<const Plain> ConditionPrograms() { return kPrograms; }
