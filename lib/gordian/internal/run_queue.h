// The runnable goroutines of one processor.
//
// A ring with one owner, who pushes and pops, and any number of thieves, who take half
// of it at once; after the scheduler of Go 1.5 (D. Vyukov, "Scalable Go Scheduler Design",
// 2012). In front of it stands the *next slot*: what the running goroutine woke last, which
// runs as soon as that one stops, on a warm cache.
//
// Locking  none. Only the owner calls Push, Pop and PutNext.
#ifndef GORDIAN_LIB_INTERNAL_RUN_QUEUE_H_
#define GORDIAN_LIB_INTERNAL_RUN_QUEUE_H_

#include <array>
#include <atomic>
#include <cstdint>

namespace gordian::internal {

class Task;

class RunQueue {
 public:
  static constexpr std::uint32_t kCapacity = 256;

  // False where it is full.
  bool Push(Task* task) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= kCapacity) return false;
    slots_[tail % kCapacity].store(task, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    return true;
  }

  Task* Pop() {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    while (head != tail_.load(std::memory_order_relaxed)) {
      Task* task = slots_[head % kCapacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel)) return task;
    }
    return nullptr;
  }

  // Puts `task` into the next slot; returns what stood there.
  Task* PutNext(Task* task) { return next_.exchange(task, std::memory_order_seq_cst); }
  Task* TakeNext() {
    if (next_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return next_.exchange(nullptr, std::memory_order_acq_rel);
  }
  Task* PeekNext() const { return next_.load(std::memory_order_seq_cst); }
  // A thief takes the next slot, if it still holds `task`.
  bool StealNext(Task* task) {
    return next_.compare_exchange_strong(task, nullptr, std::memory_order_acq_rel);
  }

  // Moves half of this queue into `thief`, which is empty, but the last one, which
  // is returned; nullptr where there is nothing.
  Task* StealHalf(RunQueue& thief) {
    const std::uint32_t to = thief.tail_.load(std::memory_order_relaxed);
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t size = tail_.load(std::memory_order_acquire) - head;
      const std::uint32_t count = size - size / 2;
      if (size == 0) return nullptr;
      if (size > kCapacity) {  // head moved between the two loads
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      for (std::uint32_t i = 0; i < count; ++i) {
        Task* task = slots_[(head + i) % kCapacity].load(std::memory_order_relaxed);
        thief.slots_[(to + i) % kCapacity].store(task, std::memory_order_relaxed);
      }
      if (!head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel)) continue;
      thief.tail_.store(to + count - 1, std::memory_order_seq_cst);
      return thief.slots_[(to + count - 1) % kCapacity].load(std::memory_order_relaxed);
    }
  }

  bool empty() const {
    return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_seq_cst);
  }

 private:
  alignas(64) std::atomic<std::uint32_t> head_{0};
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  std::atomic<Task*> next_{nullptr};
  std::array<std::atomic<Task*>, kCapacity> slots_{};
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_RUN_QUEUE_H_
