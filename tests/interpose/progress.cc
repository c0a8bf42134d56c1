// Who gets on and who does not: starvation, livelock, contention.
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include "tests/interpose/plain.h"

namespace {

using Clock = std::chrono::steady_clock;

bool Before(Clock::time_point end) { return Clock::now() < end; }
Clock::time_point In(int ms) { return Clock::now() + std::chrono::milliseconds(ms); }

void Spin(int ms) {
  const auto end = In(ms);
  while (Before(end)) {
  }
}

// Four readers, of whom one is always in; `gap` lets the writer in between.
void ReadersAndAWriter(int gap) {
  static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const auto end = In(1800);
  std::thread readers[4];
  for (int i = 0; i < 4; ++i) {
    readers[i] = std::thread([=] {
      Pause(3 * i);
      while (Before(end)) {
        pthread_rwlock_rdlock(&lock);
        Pause(12);
        pthread_rwlock_unlock(&lock);
        Pause(gap);
      }
    });
  }
  Pause();
  pthread_rwlock_wrlock(&lock);
  pthread_rwlock_unlock(&lock);
  for (std::thread& reader : readers) reader.join();
}

void WriterStarves() { ReadersAndAWriter(0); }
void WriterGetsIn() { ReadersAndAWriter(100); }

// Somebody who takes the lock again as soon as it is free, and others who want it, too.
void GreedyAndOthers(int pause) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static std::atomic<bool> done{false};
  std::thread greedy([=] {
    while (!done) {
      pthread_mutex_lock(&lock);
      Spin(2);
      pthread_mutex_unlock(&lock);
      if (pause != 0) Pause(pause);
    }
  });
  for (int i = 0; i < 3; ++i) {
    Pause(5);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
  done = true;
  greedy.join();
}

void PoliteWorker() { GreedyAndOthers(2); }

// Two who come to the same point at the same time, each time.
class InStep {
 public:
  void Arrive() {
    const int round = arrived_++ / 2;
    while (arrived_ < 2 * round + 2) std::this_thread::yield();
  }

 private:
  std::atomic<int> arrived_{0};
};

// Each takes its own, does not get the other's, and gives way: so often, and then they go on.
void GiveWay(int times) {
  static std::mutex left, right;
  static InStep in_step;
  const auto polite = [=](std::mutex& own, std::mutex& other) {
    for (int i = 0; i < times; ++i) {
      own.lock();
      in_step.Arrive();
      if (other.try_lock()) std::exit(97);
      in_step.Arrive();
      own.unlock();
    }
  };
  std::thread one([=] { polite(left, right); }), two([=] { polite(right, left); });
  one.join();
  two.join();
  std::scoped_lock both(left, right);
}

void GivesWayForLong() { GiveWay(400); }
void GivesWayATime() { GiveWay(40); }

void Contended() {
  static std::mutex lock;
  std::thread threads[6];
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      for (int i = 0; i < 20'000; ++i) {
        lock.lock();
        lock.unlock();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A poll of a lock that is free most of the time.
void Polls() {
  static std::mutex lock;
  const auto end = In(400);
  std::thread holder([=] {
    while (Before(end)) {
      std::lock_guard guard(lock);
      Pause(1);
    }
  });
  while (Before(end)) {
    if (lock.try_lock()) lock.unlock();
  }
  holder.join();
}

void HoldsForLong() {
  static std::mutex lock;
  std::thread holder([] {
    std::lock_guard guard(lock);
    Pause(1200);
  });
  Pause();
  lock.lock();
  lock.unlock();
  holder.join();
}

constexpr Plain kPrograms[] = {
    {"writer-starves", WriterStarves},
    {"writer-gets-in", WriterGetsIn},
    {"polite-worker", PoliteWorker},
    {"gives-way-for-long", GivesWayForLong},
    {"gives-way-a-time", GivesWayATime},
    {"contended", Contended},
    {"polls", Polls},
    {"holds-for-long", HoldsForLong},
};

}  // namespace

std::span<const Plain> ProgressPrograms() { return kPrograms; }
