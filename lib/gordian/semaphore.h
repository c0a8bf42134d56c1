// A number of permits, taken and given back several at a time: Go's semaphore.Weighted.
//
//   gordian::Semaphore slots(3, "slots");
//   if (absl::Status got = slots.Acquire(ctx); !got.ok()) return got;   // cancelled meanwhile
//   …
//   slots.Release();
//
// Permits go to who asked first: a small request does not pass a large one that waits,
// and TryAcquire fails while anybody waits.
//
// Locking   itself. Works from goroutines and plain threads alike; any task may release.
// Limits    Panics when more is released than was acquired, and on negative numbers. A request for
//           more permits than there are waits until its context is cancelled. The semaphore must
//           outlive every call.
// Cost      a spin lock for a few instructions; an Acquire that waits with a context
//           that can be cancelled allocates once.
// Happens-before  a release → the acquires that come after it.
#ifndef GORDIAN_SEMAPHORE_H_
#define GORDIAN_SEMAPHORE_H_

#include <cstdint>
#include <source_location>
#include <string_view>

#include "absl/status/status.h"
#include "gordian/context.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"

namespace gordian {

class Semaphore {
 public:
  explicit Semaphore(std::int64_t permits, std::string_view name = {},
                     std::source_location at = std::source_location::current());
  ~Semaphore() { origin_.End(); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Blocks until it has taken `n` permits, or until `ctx` is cancelled: then it has taken none and
  // returns why. A context that is cancelled beforehand gets none either.
  absl::Status Acquire(const Context& ctx, std::int64_t n = 1,
                       std::source_location at = std::source_location::current());

  // True when `n` permits were free, nobody waited, and they are taken now.
  bool TryAcquire(std::int64_t n = 1, std::source_location at = std::source_location::current());

  void Release(std::int64_t n = 1, std::source_location at = std::source_location::current());

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  struct Waiting;

  bool IsFree(std::int64_t n) const { return queue_.empty() && permits_ - held_ >= n; }
  absl::Status AcquireSlow(const Context& ctx, std::int64_t n, const std::source_location& at);
  void Record(trace::EventType type, std::int64_t n, std::uint16_t flags,
              const std::source_location& at);
  // Under lock_, which it releases: gives what is free to those who wait longest.
  void Grant();
  void Forget(Waiting& waiting);

  const std::int64_t permits_;
  internal::SpinLock lock_;
  std::int64_t held_ = 0;        // under lock_
  internal::WaiterQueue queue_;  // under lock_
  internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_SEMAPHORE_H_
