// The two futex calls that everything which blocks an OS thread is built from.
#ifndef GORDIAN_LIB_INTERNAL_FUTEX_H_
#define GORDIAN_LIB_INTERNAL_FUTEX_H_

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

namespace gordian::internal {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

// Sleeps while `word` holds `expected`, at most until `deadline_ns` on CLOCK_MONOTONIC
// (negative: for ever). May return early; callers look at the word again.
inline void FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      std::int64_t deadline_ns = -1) {
  timespec at{static_cast<time_t>(deadline_ns / 1'000'000'000),
              static_cast<long>(deadline_ns % 1'000'000'000)};
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline_ns < 0 ? nullptr : &at,
          nullptr, FUTEX_BITSET_MATCH_ANY);
}

inline void FutexWake(std::atomic<std::uint32_t>& word, int count = 1) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

// A binary semaphore of one waiting thread: posts do not add up.
class Signal {
 public:
  void Post() {
    if (word_.exchange(1, std::memory_order_release) == 0) FutexWake(word_);
  }
  // Takes a post, waiting for one; returns at once after the deadline, or for no reason.
  bool WaitOnce(std::int64_t deadline_ns) {
    if (word_.load(std::memory_order_acquire) == 0) FutexWait(word_, 0, deadline_ns);
    return word_.exchange(0, std::memory_order_acquire) != 0;
  }
  void Wait() {
    while (!WaitOnce(-1)) {
    }
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

inline std::int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_FUTEX_H_
