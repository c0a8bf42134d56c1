// Many readers or one writer: Go's sync.RWMutex.
//
//   gordian::RWMutex mu;
//   mu.RLock();  Look(table);   mu.RUnlock();       // or std::shared_lock lock(mu);
//   mu.Lock();   Change(table); mu.Unlock();        // or std::unique_lock lock(mu);
//
// A waiting writer keeps new readers out; when a writer leaves, the readers that came
// meanwhile go first, all together. Every release to a waiter is a handover.
//
// Locking   itself. Works from goroutines and plain threads alike.
// Limits    not recursive, and a read lock is not upgraded: a second RLock of a task deadlocks
//           when a writer has asked in between. At most a million readers at once. Unlock or
//           RUnlock of what is not locked ends the program.
// Cost      one atomic operation per call while no writer is about.
#ifndef GORDIAN_RWMUTEX_H_
#define GORDIAN_RWMUTEX_H_

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string_view>

#include "gordian/internal/call_site.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {

class RWMutex;

// The read side of an RWMutex, as a Cond's locker.
struct ReadSide {
  explicit ReadSide(RWMutex* of) : mutex(of) {}
  RWMutex* mutex;
};

class RWMutex {
 public:
  constexpr RWMutex(std::source_location at = std::source_location::current())  // NOLINT
      : origin_(at) {}
  constexpr explicit RWMutex(std::string_view name,
                             std::source_location at = std::source_location::current())
      : origin_(name, at) {}
  ~RWMutex();
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  void Lock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kLock, this);
    if (!Step(kReaders | kWriter | kWaiting, 0, kWriter)) [[unlikely]]
      LockSlow(at);
  }
  void Unlock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kUnlock, this);
    if (!Step(kWriter | kWaiting, kWriter, std::uint64_t{0} - kWriter)) [[unlikely]]
      UnlockSlow(at);
  }
  void RLock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kRLock, this);
    if (!Step(kWriter | kWaiting, 0, 1)) [[unlikely]]
      RLockSlow(at);
  }
  void RUnlock(std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kRUnlock, this);
    if (!StepOut()) [[unlikely]]
      RUnlockSlow(at);
  }
  // For a Cond whose waiters only read: Cond changed(mu.RLocker()).
  ReadSide RLocker() { return ReadSide(this); }

  bool TryLock(std::source_location at = std::source_location::current()) { return TryLockAt(at); }
  bool TryRLock(std::source_location at = std::source_location::current()) {
    return TryRLockAt(at);
  }

  // The same for std::unique_lock, std::shared_lock and their like.
  void lock();
  void unlock();
  bool try_lock();
  void lock_shared();
  void unlock_shared();
  bool try_lock_shared();

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  friend class Cond;

  // One word holds the readers' number, the writers' flags and the version of the last ordered
  // event, so that each step takes its version as it happens. Versions count only while recorded.
  static constexpr std::uint64_t kReaders = (1u << 20) - 1;
  static constexpr std::uint64_t kWriter = 1u << 20;   // holds it
  static constexpr std::uint64_t kWaiting = 1u << 21;  // somebody is in a queue
  static constexpr unsigned kVersionShift = 22;
  static constexpr std::uint64_t kVersion = std::uint64_t{1} << kVersionShift;

  // Where nothing is recorded and the bits of `watched` are `expected`: adds `step`.
  bool Step(std::uint64_t watched, std::uint64_t expected, std::uint64_t step) {
    if (recorder::On()) [[unlikely]]
      return false;
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    return (state & watched) == expected &&
           state_.compare_exchange_weak(state, state + step, std::memory_order_acq_rel);
  }

  // The same for a reader that leaves.
  bool StepOut() {
    if (recorder::On()) [[unlikely]]
      return false;
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    return (state & kReaders) != 0 && (state & kWaiting) == 0 &&
           state_.compare_exchange_weak(state, state - 1, std::memory_order_acq_rel);
  }

  // Each begins with its Point; the slow ones are what follows that.
  void LockAt(internal::CallSite site);
  void UnlockAt(internal::CallSite site);
  bool TryLockAt(internal::CallSite site);
  void RLockAt(internal::CallSite site);
  void RUnlockAt(internal::CallSite site);
  bool TryRLockAt(internal::CallSite site);
  void LockSlow(internal::CallSite site);
  void UnlockSlow(internal::CallSite site);
  void RLockSlow(internal::CallSite site);
  void RUnlockSlow(internal::CallSite site);

  // The log, once this object is in the trace; nullptr when nothing is recorded.
  recorder::ThreadLog* Recorded();
  trace::Version VersionOf(std::uint64_t state) const {
    return (state >> kVersionShift) - version_base_.load(std::memory_order_relaxed);
  }
  void Record(recorder::ThreadLog* log, trace::EventType type, internal::CallSite site,
              std::uint64_t state, std::uint16_t flags = 0) {
    if (log == nullptr) [[unlikely]]
      return;
    recorder::OrderedAt(*log, origin_.tracked(), type, site.In(*log), VersionOf(state),
                        {.flags = flags});
  }
  void RecordFailed(recorder::ThreadLog* log, trace::EventType type, internal::CallSite site);
  void RecordMisuse(recorder::ThreadLog* log, trace::MisuseKind what, trace::SiteId site);

  // Takes the lock where nothing stands against it; `after` is the new state.
  bool Try(std::uint64_t taken, std::uint64_t blocked_by, bool recorded, std::uint64_t& after);
  void Wait(bool as_writer, internal::CallSite site);
  // Under lock_, which they release. `state` is free; lets those in whose turn it is.
  void Grant(recorder::ThreadLog* log, std::uint64_t state, bool readers_first);
  void GrantWriter(recorder::ThreadLog* log, std::uint64_t state);
  void GrantReaders(recorder::ThreadLog* log, std::uint64_t state);
  [[noreturn]] void Misused(recorder::ThreadLog* log, internal::CallSite site, const char* message);

  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::uint64_t> version_base_{0};  // of this recording
  internal::SpinLock lock_;
  internal::WaiterQueue writers_;  // under lock_
  internal::WaiterQueue readers_;  // under lock_
  internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_RWMUTEX_H_
