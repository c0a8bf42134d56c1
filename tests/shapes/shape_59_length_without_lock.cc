// The flusher shortens a heap under the queue's lock; a test asks for the heap's length without.
#include <memory>
#include <mutex>
#include <vector>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct PriorityQueue {
  void Flush() {
    std::scoped_lock lock(mu);
    std::vector<int> left = heap.Read();
    if (!left.empty()) left.pop_back();
    heap.Write(left);
  }

  std::size_t Len(Mode mode) {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    return heap.Read().size();
  }

  RWMutex mu{"queue.mu"};
  Shared<std::vector<int>> heap{std::vector<int>{3, 1, 2}, "queue.heap"};
};

void Run(Mode mode) {
  auto queue = std::make_shared<PriorityQueue>();
  Chan<Unit> stop(0, "stop");
  WaitGroup flusher("flusher");
  flusher.Go("flusher", [=] {
    while (Select(Recv(stop), Default()) == 1) {
      queue->Flush();
      Sleep(absl::Milliseconds(1));
    }
  });
  while (queue->Len(mode) > 0) Sleep(absl::Milliseconds(1));
  stop.Close();
  flusher.Wait();
}

}  // namespace

const Shape kShape59{59, "length_without_lock", Strikes::kAlways, Run};

}  // namespace shapes
