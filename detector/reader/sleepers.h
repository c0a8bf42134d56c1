// Streams that wait for a number to be reached: an object's version, a task's stretch.
//
// Each queue is a heap by the number waited for; whoever owns a queue keeps its index
// in one word (0: nobody sleeps) and the heaps are used again when they are empty.
// Cost: nothing where nobody sleeps, O(log n) per sleeper otherwise.
#ifndef GORDIAN_DETECTOR_READER_SLEEPERS_H_
#define GORDIAN_DETECTOR_READER_SLEEPERS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gordian::detector {

class Sleepers {
 public:
  using Queue = std::uint32_t;  // 0: empty

  void Sleep(Queue& queue, std::uint64_t until, std::uint32_t stream) {
    if (queue == 0) queue = TakeQueue();
    std::vector<Sleeper>& heap = heaps_[queue];
    heap.push_back({until, next_order_++, stream});
    std::push_heap(heap.begin(), heap.end());
  }

  // Calls `wake(stream)` for all that wait for at most `reached`.
  template <typename Wake>
  void WakeUpTo(Queue& queue, std::uint64_t reached, Wake wake) {
    while (queue != 0 && heaps_[queue].front().until <= reached) wake(Pop(queue));
  }

  // The one that waits for the least. The queue must not be empty.
  std::uint32_t Pop(Queue& queue) {
    std::vector<Sleeper>& heap = heaps_[queue];
    std::pop_heap(heap.begin(), heap.end());
    const std::uint32_t stream = heap.back().stream;
    heap.pop_back();
    if (heap.empty()) {
      free_.push_back(queue);
      queue = 0;
    }
    return stream;
  }

 private:
  struct Sleeper {
    std::uint64_t until;
    std::uint64_t order;  // among equals, who came first
    std::uint32_t stream;

    // The least is on top of the heap.
    bool operator<(const Sleeper& other) const {
      return until != other.until ? until > other.until : order > other.order;
    }
  };

  Queue TakeQueue() {
    if (free_.empty()) {
      heaps_.emplace_back();
      return static_cast<Queue>(heaps_.size() - 1);
    }
    const Queue queue = free_.back();
    free_.pop_back();
    return queue;
  }

  std::vector<std::vector<Sleeper>> heaps_{1};  // [0] is never used
  std::vector<Queue> free_;
  std::uint64_t next_order_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_SLEEPERS_H_
