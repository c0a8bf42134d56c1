// The standard library's side of `tools/bench primitives`: threads, std::mutex and
// std::condition_variable, where they have something of the kind.
//
//   bench_std ROW PROCS       (the operating system decides how many processors are used)
#include <array>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "tests/bench/primitives/peer.h"

namespace {

class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  void Push(int value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return values_.size() < capacity_; });
    values_.push_back(value);
    lock.unlock();
    not_empty_.notify_one();
  }
  int Pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return !values_.empty(); });
    const int value = values_.front();
    values_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    return value;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<int> values_;
};

void Transfer(int n, int pairs) {
  BoundedQueue queue(100);
  std::vector<std::thread> all;
  for (int p = 0; p < pairs; ++p) {
    all.emplace_back([&queue, n, pairs] {
      for (int i = 0; i < n / pairs; ++i) queue.Push(i);
    });
    all.emplace_back([&queue, n, pairs] {
      for (int i = 0; i < n / pairs; ++i) queue.Pop();
    });
  }
  for (std::thread& each : all) each.join();
}

void MutexPairs(int n, int tasks) {
  std::mutex mutex;
  int shared = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < tasks; ++t) {
    all.emplace_back([&mutex, &shared, n, tasks] {
      for (int i = 0; i < n / tasks; ++i) {
        std::lock_guard lock(mutex);
        shared = shared + 1;
      }
    });
  }
  for (std::thread& each : all) each.join();
}

void ReadPairs(int n) {
  std::shared_mutex mutex;
  for (int i = 0; i < n; ++i) std::shared_lock lock(mutex);
}
void WritePairs(int n) {
  std::shared_mutex mutex;
  for (int i = 0; i < n; ++i) std::unique_lock lock(mutex);
}

void Once(int n) {
  std::once_flag flag;
  for (int i = 0; i < n; ++i) std::call_once(flag, [] {});
}

constexpr std::array<gordian::bench::PrimitiveRow, 9> kRows = {{
    {"spawn_join", 4'000, gordian::bench::SpawnJoin<std::thread>},
    {"chan_buffered", 200'000, [](int n) { Transfer(n, 1); }},
    {"chan_4p4c", 200'000, [](int n) { Transfer(n, 4); }},
    {"mutex", 4'000'000, [](int n) { MutexPairs(n, 1); }},
    {"mutex_8", 2'000'000, [](int n) { MutexPairs(n, 8); }},
    {"rwmutex_read", 2'000'000, ReadPairs},
    {"rwmutex_write", 2'000'000, WritePairs},
    {"once", 10'000'000, Once},
    {"cond", 10'000,
     gordian::bench::CondPingPong<std::mutex, std::condition_variable, std::thread>},
}};

}  // namespace

int main(int argc, char** argv) { return gordian::bench::PeerMain(kRows, argc, argv); }
