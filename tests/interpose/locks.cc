// Mutexes and reader-writer locks.
#include <pthread.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>

#include "tests/interpose/plain.h"

namespace {

std::mutex accounts, audit, gate;

void Transfer() {
  std::lock_guard first(accounts);
  Pause();
  std::lock_guard second(audit);
}

void Audit() {
  std::lock_guard first(audit);
  Pause();
  std::lock_guard second(accounts);
}

void OppositeOrder() {
  std::thread one(Transfer), two(Audit);
  one.join();
  two.join();
}

void SameOrder() {
  std::thread one(Transfer), two(Transfer);
  one.join();
  two.join();
}

// One after the other in time, but nothing makes it so.
void OppositeOrderOneAfterTheOther() {
  std::thread one(Transfer);
  std::thread two([] {
    Pause(150);
    Audit();
  });
  one.join();
  two.join();
}

// The first has ended before the second begins.
void OppositeOrderJoinedBetween() {
  std::thread(Transfer).join();
  std::thread(Audit).join();
}

void OppositeOrderBehindAGate() {
  const auto guarded = [](void (*function)()) {
    return std::thread([function] {
      std::lock_guard lock(gate);
      function();
    });
  };
  std::thread one = guarded(Transfer), two = guarded(Audit);
  one.join();
  two.join();
}

void OppositeOrderInOneThread() {
  Transfer();
  Audit();
}

void ThreeInACycle() {
  static std::mutex forks[3];
  std::thread philosophers[3];
  for (int i = 0; i < 3; ++i) {
    philosophers[i] = std::thread([i] {
      Pause(60 * i);
      std::scoped_lock left(forks[i]);
      std::scoped_lock right(forks[(i + 1) % 3]);
    });
  }
  for (std::thread& philosopher : philosophers) philosopher.join();
}

void ThreeInOrder() {
  static std::mutex forks[3];
  std::thread philosophers[3];
  for (int i = 0; i < 3; ++i) {
    philosophers[i] = std::thread([i] {
      Pause(60 * i);
      const int next = (i + 1) % 3;
      std::scoped_lock left(forks[i < next ? i : next]);
      std::scoped_lock right(forks[i < next ? next : i]);
    });
  }
  for (std::thread& philosopher : philosophers) philosopher.join();
}

void LockedTwice() {
  accounts.lock();
  accounts.lock();
}

void LockedTwiceRecursively() {
  std::recursive_mutex mutex;
  std::lock_guard outer(mutex);
  std::lock_guard inner(mutex);
}

// In the memory that the other order's locks have left, other locks are taken.
template <typename Destroyed>
void ReusedAddresses(Destroyed destroyed) {
  alignas(std::mutex) static unsigned char memory[2][sizeof(std::mutex)];
  const auto in_order = [](std::mutex& first, std::mutex& second) {
    std::thread([&] {
      std::lock_guard a(first);
      std::lock_guard b(second);
    }).join();
  };
  for (const bool forwards : {true, false}) {
    auto* one = new (memory[0]) std::mutex;
    auto* two = new (memory[1]) std::mutex;
    forwards ? in_order(*one, *two) : in_order(*two, *one);
    destroyed(one);
    destroyed(two);
  }
}

void ReusedAddressesOfStandardMutexes() {
  ReusedAddresses([](std::mutex* mutex) { std::destroy_at(mutex); });
}

void UpgradedReadLock() {
  std::shared_mutex mutex;
  mutex.lock_shared();
  mutex.lock();
}

void ReleasedBeforeWriteLock() {
  std::shared_mutex mutex;
  mutex.lock_shared();
  mutex.unlock_shared();
  mutex.lock();
  mutex.unlock();
}

// Two readers in opposite order: nobody writes.
void ReadersInOppositeOrder() {
  static std::shared_mutex left, right;
  std::thread one([] {
    std::shared_lock a(left);
    Pause();
    std::shared_lock b(right);
  });
  std::thread two([] {
    std::shared_lock b(right);
    Pause();
    std::shared_lock a(left);
  });
  one.join();
  two.join();
}

// … with writers who hold nothing else: readers pass them on a reader-preferring lock.
void ReadersInOppositeOrderWithWriters() {
  static std::shared_mutex left, right;
  std::thread one([] {
    std::shared_lock a(left);
    Pause();
    std::shared_lock b(right);
  });
  std::thread two([] {
    std::shared_lock b(right);
    Pause();
    std::shared_lock a(left);
  });
  std::thread writer([] { std::lock_guard lock(left); });
  std::thread other([] { std::lock_guard lock(right); });
  for (std::thread* thread : {&one, &two, &writer, &other}) thread->join();
}

void WritersInOppositeOrder() {
  static std::shared_mutex left, right;
  std::thread one([] {
    std::shared_lock a(left);
    Pause();
    std::lock_guard b(right);
  });
  std::thread two([] {
    std::shared_lock b(right);
    Pause();
    std::lock_guard a(left);
  });
  one.join();
  two.join();
}

// A recursive read with a writer between, on a lock of each preference.
void RecursiveRead(int kind) {
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  pthread_rwlockattr_setkind_np(&attributes, kind);
  static pthread_rwlock_t lock;
  pthread_rwlock_init(&lock, &attributes);
  pthread_rwlock_rdlock(&lock);
  std::thread writer([] {
    pthread_rwlock_wrlock(&lock);
    pthread_rwlock_unlock(&lock);
  });
  Pause(60);
  pthread_rwlock_rdlock(&lock);
  pthread_rwlock_unlock(&lock);
  pthread_rwlock_unlock(&lock);
  writer.join();
  pthread_rwlock_destroy(&lock);
}

void RecursiveReadWritersFirst() { RecursiveRead(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP); }
void RecursiveReadReadersFirst() { RecursiveRead(PTHREAD_RWLOCK_PREFER_READER_NP); }

void UnlockedTwice() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_unlock(&mutex);
}

void UnlockedByAnother() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::thread([] { pthread_mutex_unlock(&mutex); }).join();
}

void UnlockedByItsOwner() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  std::thread([] {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }).join();
}

void DestroyedWhileHeld() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_destroy(&mutex);
}

void DestroyedWhenFree() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_destroy(&mutex);
}

void HeldAtThreadExit() {
  std::thread([] { accounts.lock(); }).join();
}

void ErrorCheckRefuses() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  pthread_mutex_lock(&mutex);
  if (pthread_mutex_lock(&mutex) != EDEADLK) std::exit(97);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_destroy(&mutex);
}

void TimedLocksInOppositeOrder() {
  static std::timed_mutex left, right;
  const auto both = [](std::timed_mutex& first, std::timed_mutex& second) {
    std::lock_guard a(first);
    Pause();
    if (second.try_lock_for(std::chrono::milliseconds(100))) second.unlock();
  };
  std::thread one([&] { both(left, right); }), two([&] { both(right, left); });
  one.join();
  two.join();
}

// One after the other; whoever would wait for ever would wait for one who gives up.
void OppositeOrderOneOfThemTimed() {
  static std::timed_mutex left, right;
  std::thread one([] {
    std::lock_guard first(left);
    std::lock_guard second(right);
  });
  std::thread two([] {
    Pause(100);
    std::lock_guard first(right);
    if (left.try_lock_for(std::chrono::seconds(1))) left.unlock();
  });
  one.join();
  two.join();
}

constexpr Plain kPrograms[] = {
    {"opposite-order", OppositeOrder},
    {"same-order", SameOrder},
    {"opposite-order-one-after-the-other", OppositeOrderOneAfterTheOther},
    {"opposite-order-joined-between", OppositeOrderJoinedBetween},
    {"opposite-order-behind-a-gate", OppositeOrderBehindAGate},
    {"opposite-order-in-one-thread", OppositeOrderInOneThread},
    {"three-in-a-cycle", ThreeInACycle},
    {"three-in-order", ThreeInOrder},
    {"locked-twice", LockedTwice},
    {"locked-twice-recursively", LockedTwiceRecursively},
    {"reused-addresses", ReusedAddressesOfStandardMutexes},
    {"upgraded-read-lock", UpgradedReadLock},
    {"released-before-write-lock", ReleasedBeforeWriteLock},
    {"readers-in-opposite-order", ReadersInOppositeOrder},
    {"readers-in-opposite-order-with-writers", ReadersInOppositeOrderWithWriters},
    {"writers-in-opposite-order", WritersInOppositeOrder},
    {"recursive-read-writers-first", RecursiveReadWritersFirst},
    {"recursive-read-readers-first", RecursiveReadReadersFirst},
    {"unlocked-twice", UnlockedTwice},
    {"unlocked-by-another", UnlockedByAnother},
    {"unlocked-by-its-owner", UnlockedByItsOwner},
    {"destroyed-while-held", DestroyedWhileHeld},
    {"destroyed-when-free", DestroyedWhenFree},
    {"held-at-thread-exit", HeldAtThreadExit},
    {"error-check-refuses", ErrorCheckRefuses},
    {"opposite-order-one-of-them-timed", OppositeOrderOneOfThemTimed},
    {"timed-locks-in-opposite-order", TimedLocksInOppositeOrder},
};

}  // namespace

std::span<const Plain> LockPrograms() { return kPrograms; }
