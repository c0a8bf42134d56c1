// Mutual exclusion: Go's sync.Mutex.
//
//   gordian::Mutex mu{"accounts"};
//   mu.Lock();
//   balance += amount;
//   mu.Unlock();                          // or std::scoped_lock lock(mu);
//
// A waiter that was woken competes with newcomers, which is fast; once a waiter has waited for
// a millisecond the lock is handed to it directly, which is fair.
//
// Locking   itself. Works from goroutines and plain threads alike.
// Limits    not recursive. Unlock of an unlocked Mutex ends the program. Any task may unlock.
// Cost      one atomic operation each to lock and unlock while nobody waits.
#ifndef GORDIAN_MUTEX_H_
#define GORDIAN_MUTEX_H_

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string_view>

#include "gordian/internal/call_site.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {

class Mutex {
 public:
  constexpr Mutex(std::source_location at = std::source_location::current())  // NOLINT: implicit
      : origin_(at) {}
  constexpr explicit Mutex(std::string_view name,
                           std::source_location at = std::source_location::current())
      : origin_(name, at) {}
  ~Mutex();
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kLock, this);
    std::uint32_t free = 0;
    if (recorder::On() || !state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire))
        [[unlikely]] {
      LockSlow(at);
    }
  }

  void Unlock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kUnlock, this);
    std::uint32_t held = kLocked;
    if (recorder::On() || !state_.compare_exchange_strong(held, 0, std::memory_order_release))
        [[unlikely]] {
      UnlockSlow(at);
    }
  }

  // True when it was free and is locked now.
  bool TryLock(std::source_location at = std::source_location::current());

  // The same for std::scoped_lock, std::unique_lock and std::lock_guard.
  void lock();
  void unlock();
  bool try_lock();

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  friend class Cond;
  enum : std::uint32_t {
    kLocked = 1,
    kWaiting = 2,  // the queue may hold somebody
    kWoken = 4,    // a waiter was woken and has not got the lock yet
  };

  bool TryAcquire();
  void LockSlow(internal::CallSite site);
  void LockContended(recorder::ThreadLog* log, internal::CallSite site);
  void UnlockSlow(internal::CallSite site);
  void ReleaseContended(recorder::ThreadLog* log);
  void HandOver(recorder::ThreadLog* log, internal::Waiter& to);
  bool TryLockAt(internal::CallSite site);
  bool IsLocked() const { return (state_.load(std::memory_order_relaxed) & kLocked) != 0; }

  std::atomic<std::uint32_t> state_{0};
  internal::SpinLock lock_;
  internal::WaiterQueue queue_;  // under lock_
  internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_MUTEX_H_
