// Programs whose recording is measured: plain C++ with the standard library's threads and locks,
// one workload a run. The same file is compiled natively, for ThreadSanitizer and by gordian-c++.
//
//   overhead_native sweep      prints the peak of its memory, in bytes
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <mutex>
#include <queue>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

constexpr int kThreads = 2;

// `body(i)` on thread i of two, at once.
void OnTwo(const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

void Nothing() {}

[[gnu::noinline]] void SweepOnce(std::uint64_t* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = values[i] * 3 + 1;
}

// Each thread reads and writes eight megabytes of its own, again and again.
void Sweep() {
  constexpr std::size_t kWords = std::size_t{1} << 20;
  OnTwo([](int) {
    std::vector<std::uint64_t> values(kWords);
    for (int pass = 0; pass < 100; ++pass) SweepOnce(values.data(), values.size());
  });
}

constexpr int kSide = 512;
using Matrix = std::vector<double>;

[[gnu::noinline]] void MultiplyRows(const Matrix& a, const Matrix& b, Matrix& product, int from,
                                    int to) {
  for (int row = from; row < to; ++row) {
    for (int k = 0; k < kSide; ++k) {
      const double factor = a[row * kSide + k];
      for (int column = 0; column < kSide; ++column) {
        product[row * kSide + column] += factor * b[k * kSide + column];
      }
    }
  }
}

void Matmul() {
  Matrix a(kSide * kSide, 1.5), b(kSide * kSide, 0.5), product(kSide * kSide);
  OnTwo([&](int i) {
    MultiplyRows(a, b, product, i * kSide / kThreads, (i + 1) * kSide / kThreads);
  });
}

// A map in stripes, each behind a mutex of its own.
class StripedMap {
 public:
  void Add(std::uint64_t key) {
    Stripe& stripe = stripes_[key % kStripes];
    const std::lock_guard lock(stripe.mutex);
    ++stripe.counts[key];
  }

 private:
  static constexpr std::size_t kStripes = 64;
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::uint64_t> counts;
  };
  std::array<Stripe, kStripes> stripes_;
};

void HashMap() {
  constexpr int kAdditions = 1'000'000;
  constexpr std::uint64_t kKeys = 20'000;
  StripedMap map;
  OnTwo([&](int thread) {
    std::uint64_t random = static_cast<std::uint64_t>(thread) + 1;
    for (int i = 0; i < kAdditions; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      map.Add((random >> 33) % kKeys);
    }
  });
}

constexpr int kPairs = 5'000'000;

void LockPair() {
  std::mutex mutex;
  for (int i = 0; i < kPairs; ++i) {
    mutex.lock();
    mutex.unlock();
  }
}

void LockContended() {
  std::mutex mutex;
  std::uint64_t count = 0;
  OnTwo([&](int) {
    for (int i = 0; i < 1'000'000; ++i) {
      const std::lock_guard lock(mutex);
      ++count;
    }
  });
}

class BoundedQueue {
 public:
  void Push(int value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return values_.size() < kMost; });
    values_.push(value);
    not_empty_.notify_one();
  }
  int Pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return !values_.empty(); });
    const int value = values_.front();
    values_.pop();
    not_full_.notify_one();
    return value;
  }

 private:
  static constexpr std::size_t kMost = 128;
  std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::queue<int> values_;
};

void Queue() {
  constexpr int kItems = 1'000'000;
  BoundedQueue queue;
  OnTwo([&](int i) {
    for (int item = 0; item < kItems; ++item) {
      if (i == 0) {
        queue.Push(item);
      } else {
        queue.Pop();
      }
    }
  });
}

void AtomicAdd(std::memory_order order) {
  std::atomic<std::uint64_t> sum{0};
  OnTwo([&](int) {
    for (int i = 0; i < 4'000'000; ++i) sum.fetch_add(1, order);
  });
}

std::uint64_t Mix(std::uint64_t value, int rounds) {
  for (int i = 0; i < rounds; ++i) value = (value ^ (value >> 29)) * 0x9E3779B97F4A7C15u;
  return value;
}

// About 10^5 times a second, a thread locks what both share, and computes in between.
void LockRate() {
  std::mutex mutex;
  std::uint64_t shared = 0;
  OnTwo([&](int thread) {
    std::uint64_t own = static_cast<std::uint64_t>(thread);
    for (int i = 0; i < 30'000; ++i) {
      own = Mix(own, 6'000);
      const std::lock_guard lock(mutex);
      shared ^= own;
    }
  });
}

struct Workload {
  std::string_view name;
  void (*run)();
};

constexpr std::array<Workload, 10> kWorkloads = {{
    {"nothing", Nothing},
    {"sweep", Sweep},
    {"matmul", Matmul},
    {"hash_map", HashMap},
    {"lock_pair", LockPair},
    {"lock_contended", LockContended},
    {"queue", Queue},
    {"atomic_add_relaxed", [] { AtomicAdd(std::memory_order_relaxed); }},
    {"atomic_add_acq_rel", [] { AtomicAdd(std::memory_order_acq_rel); }},
    {"lock_rate", LockRate},
}};

// Of this image: what the system counts for a process begins with that of its parent.
std::uint64_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    unsigned long long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %llu", &kilobytes) == 1) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (const Workload& workload : kWorkloads) {
    if (argc != 2 || workload.name != argv[1]) continue;
    workload.run();
    std::printf("%llu\n", static_cast<unsigned long long>(PeakBytes()));
    return 0;
  }
  return 2;
}
