// The scheduling seam: what every visible operation and every free choice passes.
//
//   schedule::Point(schedule::Op::kLock, this);
//   std::uint32_t taken = schedule::Choose(schedule::Choice::kSelectCase, ready);
//
// Natively `Point` is one relaxed load and a predictable branch; under a controlled
// policy (see policy.h) it is where another task may be let in.
//
// Locking   none. Point may not be called with a SpinLock held: the task may be switched.
//           Choose may: it never switches.
#ifndef GORDIAN_INSTRUMENT_SCHEDULE_POINT_H_
#define GORDIAN_INSTRUMENT_SCHEDULE_POINT_H_

#include <atomic>
#include <cstdint>

namespace gordian::schedule {

// What a task is about to do. Policies may treat operations differently.
enum class Op : std::uint8_t {
  kNone = 0,
  kYield,
  kSpawn,
  kLock,
  kTryLock,
  kUnlock,
  kRLock,
  kTryRLock,
  kRUnlock,
  kCondWait,
  kCondSignal,
  kCondBroadcast,
  kWaitGroupAdd,
  kWaitGroupWait,
  kOnce,
  kSend,
  kRecv,
  kClose,
  kLen,
  kSelect,
  kLoad,
  kStore,
  kRmw,
  kRead,
  kWrite,
  kPool,
  kTimer,
  kSleep,
  kCancel,
  kAnnotation,
  kJoin,
  kAcquire,
  kTryAcquire,
  kRelease,
};

// What is being chosen.
enum class Choice : std::uint8_t {
  kSelectCase,  // among the ready cases: natively uniform
  kWaiter,      // which waiter is served: natively the first
  kPoolItem,    // which item a pool hands out: natively the first
  kRandom,      // anything else: natively uniform
};

namespace internal {
// Not zero while a policy controls this process or a task is asked to yield.
extern std::atomic<std::uint32_t> g_attention;
void PointSlow(Op op, const void* object);
std::uint32_t ChooseSlow(Choice choice, std::uint32_t n);
}  // namespace internal

// Whether the next Point is more than a look.
inline bool AttentionWanted() { return internal::g_attention.load(std::memory_order_relaxed) != 0; }

// Another task may run here; what follows is `op` on `object`.
inline void Point(Op op, const void* object) {
  if (AttentionWanted()) [[unlikely]] {
    internal::PointSlow(op, object);
  }
}

// A number below `n`, which must not be 0.
inline std::uint32_t Choose(Choice choice, std::uint32_t n) {
  return n <= 1 ? 0 : internal::ChooseSlow(choice, n);
}

}  // namespace gordian::schedule

#endif  // GORDIAN_INSTRUMENT_SCHEDULE_POINT_H_
