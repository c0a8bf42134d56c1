// load_program WHAT N: N of something, by plain pthreads. Prints how much was done; the last line
// on stderr is how much memory the process had at most, in KiB.
#include <pthread.h>
#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace {

std::mutex mutex;
long done = 0;

void Count() {
  std::lock_guard lock(mutex);
  ++done;
}

// They all live at one time, and are let go together.
void ThreadsAtOnce(long count) {
  std::condition_variable changed;
  bool go = false;
  std::vector<std::thread> threads;
  for (long i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return go; });
      ++done;
    });
  }
  {
    std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void ThreadsInTurn(long count) {
  for (long i = 0; i < count; ++i) std::thread(Count).join();
}

void MutexesInTurn(long count) {
  for (long i = 0; i < count; ++i) {
    pthread_mutex_t one;
    pthread_mutex_init(&one, nullptr);
    pthread_mutex_lock(&one);
    ++done;
    pthread_mutex_unlock(&one);
    pthread_mutex_destroy(&one);
  }
}

void MutexesAtOnce(long count) {
  const auto all = std::make_unique<std::mutex[]>(static_cast<std::size_t>(count));
  for (long i = 0; i < count; ++i) {
    std::lock_guard lock(all[static_cast<std::size_t>(i)]);
    ++done;
  }
}

// Two threads, with some 7 microseconds of work before each lock.
void LocksWithWork(long count) {
  const auto work = [count] {
    for (long i = 0; i < count / 2; ++i) {
      for (volatile int turn = 0; turn < 7000; turn = turn + 1) {
      }
      Count();
    }
  };
  std::thread one(work), two(work);
  one.join();
  two.join();
}

// Two threads do nothing but lock.
void Locks(long count) {
  const auto work = [count] {
    for (long i = 0; i < count / 2; ++i) Count();
  };
  std::thread one(work), two(work);
  one.join();
  two.join();
}

struct Load {
  std::string_view name;
  void (*run)(long);
};
constexpr Load kLoads[] = {
    {"threads-at-once", ThreadsAtOnce}, {"threads-in-turn", ThreadsInTurn},
    {"mutexes-in-turn", MutexesInTurn}, {"mutexes-at-once", MutexesAtOnce},
    {"locks-with-work", LocksWithWork}, {"locks", Locks},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Load& load : kLoads) {
    if (argc < 3 || load.name != argv[1]) continue;
    load.run(std::atol(argv[2]));
    std::printf("%ld\n", done);
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    std::fprintf(stderr, "%ld\n", use.ru_maxrss);
    return 0;
  }
  return 98;
}
