// pop() waits for the stop channel under the queue's lock. The one who is to close that channel
// first waits for a helper that wants the same lock.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Queue {
  explicit Queue(Mode run_mode) : mode(run_mode) {}

  void Pop() {
    std::unique_lock lock(mu);
    popping.Open();
    if (mode == Mode::kTwin) lock.unlock();
    if (Select(Recv(stop), Default()) == 1) stop.Recv();
  }

  int Pending() {
    std::scoped_lock lock(mu);
    return pending;
  }

  const Mode mode;
  RWMutex mu{"queue.mu"};
  int pending = 2;  // guarded by mu
  Chan<Unit> stop{0, "queue.stop"};
  Gate popping{mode};
};

void Run(Mode mode) {
  auto queue = std::make_shared<Queue>(mode);
  Chan<int> pending(0, "pending");
  Go("helper", [=] {
    queue->popping.Wait();
    pending.Send(queue->Pending());
  });
  LetOthersFinish(mode);
  Go("pop", [=] { queue->Pop(); });
  pending.Recv();
  queue->stop.Close();
}

}  // namespace

const Shape kShape26{26, "pop_waits_for_stop", Strikes::kSometimes, Run};

}  // namespace shapes
