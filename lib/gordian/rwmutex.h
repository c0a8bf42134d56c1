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

namespace gordian {

class RWMutex {
 public:
  constexpr RWMutex(std::source_location at = std::source_location::current())  // NOLINT
      : origin_(at) {}
  explicit RWMutex(std::string_view name, std::source_location at = std::source_location::current())
      : origin_(name, at) {}
  ~RWMutex();
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  void Lock(std::source_location at = std::source_location::current()) { LockAt(at); }
  void Unlock(std::source_location at = std::source_location::current()) { UnlockAt(at); }
  bool TryLock(std::source_location at = std::source_location::current()) { return TryLockAt(at); }
  void RLock(std::source_location at = std::source_location::current()) { RLockAt(at); }
  void RUnlock(std::source_location at = std::source_location::current()) { RUnlockAt(at); }
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

  void LockAt(internal::CallSite site);
  void UnlockAt(internal::CallSite site);
  bool TryLockAt(internal::CallSite site);
  void RLockAt(internal::CallSite site);
  void RUnlockAt(internal::CallSite site);
  bool TryRLockAt(internal::CallSite site);

  // The log, once this object is in the trace; nullptr when nothing is recorded.
  recorder::ThreadLog* Recorded();
  trace::Version VersionOf(std::uint64_t state) const {
    return (state >> kVersionShift) - version_base_.load(std::memory_order_relaxed);
  }
  void Record(recorder::ThreadLog* log, trace::EventType type, internal::CallSite site,
              std::uint64_t state, std::uint16_t flags = 0);
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
