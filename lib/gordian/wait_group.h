// Waiting for a number of things to be done: Go's sync.WaitGroup.
//
//   gordian::WaitGroup group;
//   for (Job& job : jobs) group.Go([&job] { job.Run(); });   // Add(1), run, Done()
//   group.Wait();
//
// Locking   itself. Add, Done and Wait may be called by any task; the WaitGroup may be destroyed
//           as soon as Wait returns.
// Limits    Panics when the counter becomes negative. A new round of Adds from zero must
//           happen after the earlier Waits have returned.
// Cost      one atomic operation for Add and Done, a load for a Wait that does not block.
#ifndef GORDIAN_WAIT_GROUP_H_
#define GORDIAN_WAIT_GROUP_H_

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string_view>
#include <utility>

#include "gordian/go.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {

class WaitGroup {
 public:
  constexpr WaitGroup(std::source_location at = std::source_location::current())  // NOLINT
      : origin_(at) {}
  constexpr explicit WaitGroup(std::string_view name,
                               std::source_location at = std::source_location::current())
      : origin_(name, at) {}
  ~WaitGroup() { origin_.End(); }
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  void Add(int delta, std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kWaitGroupAdd, this);
    if (recorder::On()) [[unlikely]]
      return AddRecorded(delta, at);
    const std::int64_t step = delta * kOne;
    const std::int64_t after = state_.fetch_add(step, std::memory_order_acq_rel) + step;
    if (after < kOne) [[unlikely]]
      Settle(after, delta, at);
  }
  void Done(std::source_location at = std::source_location::current()) { Add(-1, at); }
  void Wait(std::source_location at = std::source_location::current());

  // Runs `f` in a goroutine that the group waits for.
  void Go(Spawned f);
  void Go(std::string_view name, Spawned f);

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  // One word: the counter, whether somebody waits, and the lock of the queue. The store that lets
  // go of the lock also says that nobody waits any more: after it a Wait may return at
  // once, and the WaitGroup be gone.
  static constexpr std::int64_t kLock = 1;
  static constexpr std::int64_t kWaiting = 2;
  static constexpr std::int64_t kOne = std::int64_t{1} << 32;

  void AddRecorded(int delta, const std::source_location& at);
  // The counter may have reached zero with waiters, or gone below.
  void Settle(std::int64_t after, int delta, const std::source_location& at);
  [[noreturn]] void Negative(const std::source_location& at);
  // Takes the queue's lock and adds `step`, in one; returns the state that it left.
  std::int64_t LockQueue(std::int64_t step = 0);
  void UnlockQueue(std::int64_t also) { state_.fetch_sub(kLock + also); }
  // Under the queue's lock, which it releases: wakes all.
  void Release(recorder::ThreadLog* log);
  void RecordWait(const std::source_location& at);

  std::atomic<std::int64_t> state_{0};
  internal::WaiterQueue queue_;  // under kLock
  internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_WAIT_GROUP_H_
