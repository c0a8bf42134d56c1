// The life of threads.
#include <pthread.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>

#include "tests/interpose/plain.h"

namespace {

std::mutex never;

void* Nothing(void*) { return nullptr; }

void NeverJoined() {
  pthread_t thread;
  pthread_create(&thread, nullptr, Nothing, nullptr);
  Pause(60);
}

void Joined() {
  pthread_t thread;
  pthread_create(&thread, nullptr, Nothing, nullptr);
  pthread_join(thread, nullptr);
}

void Detached() {
  std::thread([] {}).detach();
  Pause(60);
}

void DetachedAndBlockedForEver() {
  std::thread([] {
    std::mutex mutex;
    std::condition_variable nobody_signals;
    std::unique_lock lock(mutex);
    nobody_signals.wait(lock);
  }).detach();
  Pause(60);
}

void JoinsEachOther() {
  static std::atomic<pthread_t> main_thread{pthread_self()};
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        pthread_join(main_thread, nullptr);
        return nullptr;
      },
      nullptr);
  pthread_join(thread, nullptr);
}

void TriedAndTimedJoins() {
  std::atomic<bool> go{false};
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void* flag) -> void* {
        while (!*static_cast<std::atomic<bool>*>(flag)) Pause(5);
        return nullptr;
      },
      &go);
  if (pthread_tryjoin_np(thread, nullptr) != EBUSY) std::exit(97);
  timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec = (soon.tv_nsec + 50'000'000) % 1'000'000'000;
  if (soon.tv_nsec < 50'000'000) ++soon.tv_sec;
  if (pthread_timedjoin_np(thread, nullptr, &soon) != ETIMEDOUT) std::exit(96);
  go = true;
  pthread_join(thread, nullptr);
}

void Cancelled() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        pthread_mutex_lock(&mutex);
        pthread_cleanup_push([](void*) { pthread_mutex_unlock(&mutex); }, nullptr);
        for (;;) pthread_cond_wait(&condition, &mutex);
        pthread_cleanup_pop(1);
        return nullptr;
      },
      nullptr);
  Pause(60);
  pthread_cancel(thread);
  void* result = nullptr;
  pthread_join(thread, &result);
  if (result != PTHREAD_CANCELED) std::exit(97);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
}

void ExitsFromADepth() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void*) -> void* { pthread_exit(reinterpret_cast<void*>(7)); }, nullptr);
  void* result = nullptr;
  pthread_join(thread, &result);
  if (result != reinterpret_cast<void*>(7)) std::exit(97);
}

// Destructors of thread-locals and keys lock, after the thread's function has returned.
void LocksInDestructors() {
  struct Locks {
    ~Locks() { std::lock_guard lock(never); }
  };
  static pthread_key_t key;
  pthread_key_create(&key, [](void*) { std::lock_guard lock(never); });
  std::thread([] {
    static thread_local Locks locks;
    static_cast<void>(&locks);
    pthread_setspecific(key, &key);
  }).join();
}

void Asynchronous() {
  auto sum = std::async(std::launch::async, [] {
    Pause(300);
    return 42;
  });
  if (sum.get() != 42) std::exit(97);
}

void C11() {
  static mtx_t mutex;
  static cnd_t condition;
  static bool go = false;
  mtx_init(&mutex, mtx_plain);
  cnd_init(&condition);
  thrd_t thread;
  thrd_create(
      &thread,
      [](void*) {
        mtx_lock(&mutex);
        while (!go) cnd_wait(&condition, &mutex);
        mtx_unlock(&mutex);
        return 5;
      },
      nullptr);
  Pause();
  mtx_lock(&mutex);
  go = true;
  cnd_signal(&condition);
  mtx_unlock(&mutex);
  int result = 0;
  thrd_join(thread, &result);
  if (result != 5) std::exit(97);
  cnd_destroy(&condition);
  mtx_destroy(&mutex);
}

void C11OppositeOrder() {
  static mtx_t left, right;
  mtx_init(&left, mtx_plain);
  mtx_init(&right, mtx_plain);
  const auto both = [](mtx_t* first, mtx_t* second) {
    mtx_lock(first);
    Pause();
    mtx_lock(second);
    mtx_unlock(second);
    mtx_unlock(first);
  };
  std::thread one([&] { both(&left, &right); }), two([&] { both(&right, &left); });
  one.join();
  two.join();
}

// A child that forks while other threads hold locks has its own.
void Forks() {
  static std::mutex mutex;
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
      std::lock_guard lock(mutex);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      std::mutex own;
      own.lock();
      own.unlock();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) std::exit(97);
  }
  stop = true;
  busy.join();
}

void ChildDeadlocks() {
  if (fork() == 0) {
    never.lock();
    never.lock();
  }
  wait(nullptr);
}

void ManyThreads() {
  for (int round = 0; round < 50; ++round) {
    std::thread threads[20];
    for (std::thread& thread : threads) {
      thread = std::thread([] { std::lock_guard lock(never); });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

constexpr Plain kPrograms[] = {
    {"never-joined", NeverJoined},
    {"joined", Joined},
    {"detached", Detached},
    {"detached-and-blocked-for-ever", DetachedAndBlockedForEver},
    {"joins-each-other", JoinsEachOther},
    {"tried-and-timed-joins", TriedAndTimedJoins},
    {"cancelled", Cancelled},
    {"exits-from-a-depth", ExitsFromADepth},
    {"locks-in-destructors", LocksInDestructors},
    {"asynchronous", Asynchronous},
    {"c11", C11},
    {"c11-opposite-order", C11OppositeOrder},
    {"forks", Forks},
    {"child-deadlocks", ChildDeadlocks},
    {"many-threads", ManyThreads},
};

}  // namespace

std::span<const Plain> ThreadPrograms() { return kPrograms; }
