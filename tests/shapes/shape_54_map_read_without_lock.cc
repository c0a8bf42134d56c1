// A queue's flusher changes the heap's map under the queue's lock; a test looks into that map
// without it.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

using Pods = std::map<std::string, int>;

struct PriorityQueue {
  void Flush() {
    std::scoped_lock lock(mu);
    Pods left = backoff.Read();
    left.erase("pod-1");
    backoff.Write(left);
  }

  std::size_t BackoffSize(Mode mode) {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    return backoff.Read().size();
  }

  RWMutex mu{"queue.mu"};
  Shared<Pods> backoff{Pods{{"pod-1", 1}, {"pod-2", 2}}, "queue.backoff"};
};

void Run(Mode mode) {
  auto queue = std::make_shared<PriorityQueue>();
  WaitGroup flusher("flusher");
  flusher.Go("flusher", [=] { queue->Flush(); });
  queue->BackoffSize(mode);
  flusher.Wait();
}

}  // namespace

const Shape kShape54{54, "map_read_without_lock", Strikes::kAlways, Run};

}  // namespace shapes
