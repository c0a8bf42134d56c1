// The flusher looks at each waiting pod's timestamp under the queue's lock. A test sets one back
// in time without the lock.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Pod {
  Shared<int> timestamp{100, "pod.timestamp"};
};

struct PriorityQueue {
  explicit PriorityQueue(Mode mode) : flushing(mode) {}

  std::shared_ptr<Pod> Find(const std::string& name) {
    std::scoped_lock lock(mu);
    return pods.at(name);
  }

  int Flush(int before) {
    std::scoped_lock lock(mu);
    flushing.Open();
    int old = 0;
    for (const auto& [name, pod] : pods) old += pod->timestamp.Read() < before ? 1 : 0;
    return old;
  }

  RWMutex mu{"queue.mu"};
  std::map<std::string, std::shared_ptr<Pod>> pods{{"pod-1", std::make_shared<Pod>()}};
  Gate flushing;
};

void Run(Mode mode) {
  auto queue = std::make_shared<PriorityQueue>(mode);
  const std::shared_ptr<Pod> pod = queue->Find("pod-1");
  Chan<Unit> stop(0, "stop");
  Chan<Unit> stopped(0, "stopped");
  Go("flusher", [=] {
    do {
      queue->Flush(50);
    } while (Select(Recv(stop), Recv(After(absl::Milliseconds(2)))) == 1);
    stopped.Close();
  });
  queue->flushing.Wait();
  LetOthersFinish(mode);
  {
    std::unique_lock lock(queue->mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    pod->timestamp.Write(10);
  }
  stop.Close();
  stopped.Recv();
}

}  // namespace

const Shape kShape57{57, "timestamp_without_lock", Strikes::kSometimes, Run};

}  // namespace shapes
