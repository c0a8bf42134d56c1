// Parking and waking, the same for goroutines and plain threads.
//
// Every primitive is written against this header: it keeps a queue of `Waiter`s
// under its own SpinLock and never asks what kind of task stands in it.
//
//   SpinLock lock; WaiterQueue queue; bool free;
//   void Acquire() {
//     lock.Lock();
//     if (free) { free = false; lock.Unlock(); return; }
//     Waiter self(CurrentTask());
//     queue.PushBack(self);
//     Park(self, &lock);                 // releases `lock`; returns once woken
//   }
//   void Release() {
//     lock.Lock();
//     Waiter* next = queue.PopFront();
//     if (next == nullptr) free = true;
//     lock.Unlock();
//     if (next != nullptr) Wake(*next);  // hands over: `next` may vanish at once
//   }
//
// Locking   a Waiter is linked and unlinked under its primitive's SpinLock.
// Limits    a parked task is woken exactly once per Park: the waker must have claimed
//           the waiter first (by unlinking it under the lock, or, where several
//           queues hold the same wait, by Claim()).
#ifndef GORDIAN_LIB_INTERNAL_TASK_H_
#define GORDIAN_LIB_INTERNAL_TASK_H_

#include <atomic>
#include <cstdint>
#include <source_location>

#include "absl/time/time.h"
#include "instrument/trace/ids.h"

namespace gordian::internal {

class Task;  // a goroutine or a plain thread; task_state.h

// The running task. Not inlined: no thread-local address may live across a switch.
[[gnu::noinline]] Task& CurrentTask();

trace::TaskId IdOf(const Task& task);

// Which process this is, counted from the first parent; 1…255. See forked.h.
extern std::uint8_t g_fork_generation;

// A lock held for a few instructions: spins, then yields the processor. It is
// never held across a switch, and nothing that is recorded happens inside but
// the primitive's own events.
class SpinLock {
 public:
  void Lock();
  void Unlock() { state_.store(0, std::memory_order_release); }

 private:
  void LockSlow();
  // The generation of the process that holds it: what a parent's thread held is free.
  std::atomic<std::uint8_t> state_{0};
};

inline void SpinLock::Lock() {
  const std::uint8_t held = g_fork_generation;
  if (state_.exchange(held, std::memory_order_acquire) == held) [[unlikely]]
    LockSlow();
}

// One wait of one task; lives on the waiting task's stack.
struct Waiter {
  explicit Waiter(Task& owner) : task(&owner), generation(g_fork_generation) {}

  Task* task;
  Waiter* next = nullptr;
  Waiter* prev = nullptr;
  void* queue = nullptr;      // the WaiterQueue it is linked in, or nullptr
  void* value = nullptr;      // for the primitive: the element to send, the place to receive
  std::uintptr_t result = 0;  // for the primitive: what the waker tells the waiter
  std::uint64_t asked_ns = 0;
  const char* to = nullptr;  // what the task waits to do, for a dump: "lock a Mutex"
  const char* on = nullptr;  // the object's name, where it has one
  std::source_location at;   // where; line 0 where that is not known
  std::uint32_t index = 0;   // of the select case
  trace::SiteId site = 0;    // of the request, where it was recorded
  std::uint8_t generation;   // of its process
  // A wait that stands in several queues (select, or a wait with a deadline) is claimed
  // once: all its waiters share one word. nullptr: unlinking is claiming.
  std::atomic<std::uint32_t>* claimed = nullptr;
};

// True for the one caller that may complete this wait.
inline bool Claim(Waiter& waiter) {
  if (waiter.claimed == nullptr) return true;
  std::uint32_t open = 0;
  return waiter.claimed->compare_exchange_strong(open, 1, std::memory_order_acq_rel);
}

// A doubly linked queue of waiters, in order of asking. Those of a parent process are not there;
// they are dropped, all together, when the first of this one comes.
class WaiterQueue {
 public:
  bool empty() const { return front() == nullptr; }
  Waiter* front() const {
    Waiter* const head = head_.load(std::memory_order_relaxed);
    return head != nullptr && head->generation == g_fork_generation ? head : nullptr;
  }
  // Without the lock: whether at some moment during the call nobody was in it. A parent process's
  // waiters count here until they are dropped.
  bool SeenEmpty() const { return head_.load(std::memory_order_acquire) == nullptr; }
  void PushBack(Waiter& waiter);
  void PushFront(Waiter& waiter);
  void Remove(Waiter& waiter);  // nothing, where it is not linked here
  Waiter* PopFront();           // unlinks the first, whoever claimed it
  Waiter* PopFrontClaimed();    // unlinks until one could be claimed

 private:
  void DropStale();
  void SetHead(Waiter* waiter) { head_.store(waiter, std::memory_order_release); }

  std::atomic<Waiter*> head_{nullptr};
  Waiter* tail_ = nullptr;
};

enum class ParkResult : std::uint8_t { kWoken, kTimeout };

// Blocks the current task until Wake(waiter). Releases `lock` (may be nullptr) only
// when the task can be woken. Throws where the task is to be unwound instead
// (see gordian/internal/freeze.h); the caller's cleanup then unlinks its waiters.
void Park(Waiter& waiter, SpinLock* lock);

// The same until `deadline`. On kTimeout the wait has been claimed by the clock; the
// caller unlinks its waiters. Sets up `waiter.claimed` itself where it is null.
ParkResult ParkUntil(Waiter& waiter, SpinLock* lock, absl::Time deadline);

// Makes the task of a claimed waiter runnable. `waiter` may be gone when it returns.
void Wake(Waiter& waiter);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_TASK_H_
