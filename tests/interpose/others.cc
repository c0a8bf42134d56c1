// Semaphores, barriers, latches, once, spin locks, atomic waits, fences.
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <semaphore>

#include "tests/interpose/plain.h"

namespace {

void FencesPublish() {
  static int data = 0;
  static std::atomic<int> flag{0};
  std::thread writer([] {
    data = 42;
    std::atomic_thread_fence(std::memory_order_release);
    flag.store(1, std::memory_order_relaxed);
  });
  while (flag.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
  std::atomic_thread_fence(std::memory_order_acquire);
  if (data != 42) std::exit(97);
  writer.join();
}

void LatchOpens() {
  std::latch latch(2);
  std::thread one([&] {
    Pause(400);
    latch.count_down();
  });
  std::thread two([&] { latch.arrive_and_wait(); });
  latch.wait();
  one.join();
  two.join();
}

void BarrierOpens() {
  std::barrier barrier(2);
  std::thread one([&] {
    for (int i = 0; i < 3; ++i) barrier.arrive_and_wait();
  });
  for (int i = 0; i < 3; ++i) {
    Pause(120);
    barrier.arrive_and_wait();
  }
  one.join();
}

void CountingSemaphore() {
  std::counting_semaphore<8> items(0);
  std::thread consumer([&] {
    for (int i = 0; i < 3; ++i) items.acquire();
  });
  for (int i = 0; i < 3; ++i) {
    Pause(120);
    items.release();
  }
  consumer.join();
}

void AtomicWaits() {
  std::atomic<int> value{0};
  std::thread waiter([&] { value.wait(0); });
  Pause(400);
  value = 1;
  value.notify_all();
  waiter.join();
}

void PosixSemaphore() {
  sem_t items;
  sem_init(&items, 0, 0);
  std::thread consumer([&] {
    for (int i = 0; i < 3; ++i) sem_wait(&items);
  });
  for (int i = 0; i < 3; ++i) {
    Pause(120);
    sem_post(&items);
  }
  consumer.join();
  sem_destroy(&items);
}

void SemaphoreNobodyPosts() {
  static sem_t items;
  sem_init(&items, 0, 1);
  sem_wait(&items);
  std::thread consumer([] { sem_wait(&items); });
  consumer.join();
}

void PosixBarrier() {
  static pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 2);
  std::thread one([] {
    for (int i = 0; i < 3; ++i) pthread_barrier_wait(&barrier);
  });
  for (int i = 0; i < 3; ++i) {
    Pause(120);
    pthread_barrier_wait(&barrier);
  }
  one.join();
  pthread_barrier_destroy(&barrier);
}

void BarrierOfTooMany() {
  static pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 3);
  std::thread one([] { pthread_barrier_wait(&barrier); });
  pthread_barrier_wait(&barrier);
  one.join();
}

void CalledOnce() {
  static std::once_flag flag;
  static int calls = 0;
  std::thread threads[4];
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      std::call_once(flag, [] {
        Pause(300);
        ++calls;
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (calls != 1) std::exit(97);
}

void OnceThrowsThenSucceeds() {
  static std::once_flag flag;
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    try {
      std::call_once(flag, [&] {
        if (++calls == 1) throw 1;
      });
    } catch (int) {
    }
  }
  std::call_once(flag, [&] { ++calls; });
  if (calls != 2) std::exit(97);
}

void OnceWithinItself() {
  static std::once_flag flag;
  std::call_once(flag, [] { std::call_once(flag, [] {}); });
}

void SpinLocksInOppositeOrder() {
  static pthread_spinlock_t left, right;
  pthread_spin_init(&left, 0);
  pthread_spin_init(&right, 0);
  const auto both = [](pthread_spinlock_t& first, pthread_spinlock_t& second, int wait) {
    Pause(wait);
    pthread_spin_lock(&first);
    pthread_spin_lock(&second);
    pthread_spin_unlock(&second);
    pthread_spin_unlock(&first);
  };
  std::thread one([&] { both(left, right, 0); }), two([&] { both(right, left, 150); });
  one.join();
  two.join();
}

void SpinLocksInOrder() {
  static pthread_spinlock_t left, right;
  pthread_spin_init(&left, 0);
  pthread_spin_init(&right, 0);
  const auto both = [] {
    pthread_spin_lock(&left);
    pthread_spin_lock(&right);
    pthread_spin_unlock(&right);
    pthread_spin_unlock(&left);
  };
  std::thread one(both), two(both);
  one.join();
  two.join();
}

constexpr Plain kPrograms[] = {
    {"fences-publish", FencesPublish},
    {"latch-opens", LatchOpens},
    {"barrier-opens", BarrierOpens},
    {"counting-semaphore", CountingSemaphore},
    {"atomic-waits", AtomicWaits},
    {"posix-semaphore", PosixSemaphore},
    {"semaphore-nobody-posts", SemaphoreNobodyPosts},
    {"posix-barrier", PosixBarrier},
    {"barrier-of-too-many", BarrierOfTooMany},
    {"called-once", CalledOnce},
    {"once-throws-then-succeeds", OnceThrowsThenSucceeds},
    {"once-within-itself", OnceWithinItself},
    {"spin-locks-in-opposite-order", SpinLocksInOppositeOrder},
    {"spin-locks-in-order", SpinLocksInOrder},
};

}  // namespace

std::span<const Plain> OtherPrograms() { return kPrograms; }
