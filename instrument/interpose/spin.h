// A lock for a few instructions, made of nothing that is interposed.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_SPIN_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_SPIN_H_

#include <sched.h>

#include <atomic>

namespace gordian::interpose {

class SpinLock {
 public:
  void Lock() {
    for (int tries = 0; locked_.exchange(true, std::memory_order_acquire); ++tries) {
      if (tries % kTriesPerYield == kTriesPerYield - 1) sched_yield();
    }
  }
  void Unlock() { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int kTriesPerYield = 64;
  std::atomic<bool> locked_{false};
};

class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) : lock_(lock) { lock_.Lock(); }
  ~SpinGuard() { lock_.Unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_SPIN_H_
