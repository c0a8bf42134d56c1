// Waiting for a condition under a lock: Go's sync.Cond.
//
//   gordian::Mutex mu;  gordian::Cond ready(&mu);
//   mu.Lock();
//   while (queue.empty()) ready.Wait();           // unlocks, waits, locks again
//   …
//   mu.Unlock();
//   // elsewhere: mu.Lock(); queue.push(x); mu.Unlock(); ready.Signal();
//
// Locking   the locker is a Mutex, an RWMutex (its write side) or rw.RLocker().
// Limits    Wait without the lock ends the program. No spurious wake-ups; still, others may run
// between
//           the signal and the return, so the condition is looked at again.
// Cost      Signal without waiters is one atomic operation.
#ifndef GORDIAN_COND_H_
#define GORDIAN_COND_H_

#include <source_location>
#include <string_view>

#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "gordian/mutex.h"
#include "gordian/rwmutex.h"

namespace gordian {

class Cond {
 public:
  explicit Cond(Mutex* locker, std::string_view name = {},
                std::source_location at = std::source_location::current())
      : side_(Side::kMutex), locker_(locker), origin_(name, at) {}
  explicit Cond(RWMutex* locker, std::string_view name = {},
                std::source_location at = std::source_location::current())
      : side_(Side::kWrite), locker_(locker), origin_(name, at) {}
  explicit Cond(ReadSide locker, std::string_view name = {},
                std::source_location at = std::source_location::current())
      : side_(Side::kRead), locker_(locker.mutex), origin_(name, at) {}
  ~Cond() { origin_.End(); }
  Cond(const Cond&) = delete;
  Cond& operator=(const Cond&) = delete;

  // Unlocks the locker, waits until signalled, locks it again.
  void Wait(std::source_location at = std::source_location::current());
  // Wakes the one that waits longest.
  void Signal(std::source_location at = std::source_location::current());
  void Broadcast(std::source_location at = std::source_location::current());

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  enum class Side : std::uint8_t { kMutex, kWrite, kRead };

  bool IsLocked() const;
  void LockLocker(internal::CallSite site);
  void UnlockLocker(internal::CallSite site);
  recorder::Tracked& LockerIn(recorder::ThreadLog& log);
  void RecordWake(recorder::ThreadLog& log, internal::Waiter& waiter);

  internal::SpinLock lock_;
  std::atomic<bool> has_waiters_{false};
  internal::WaiterQueue queue_;  // under lock_
  const Side side_;
  void* const locker_;
  internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_COND_H_
