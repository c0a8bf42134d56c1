// The queue pops under its lock and runs the handler there, which takes the informer's lock.
// Asking whether everything is synced takes the informer's lock and then the queue's. Stop comes
// along and wants the informer's lock too.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Informer {
  explicit Informer(Mode run_mode) : mode(run_mode) {}

  void Pop() {
    std::unique_lock lock(queue_mu);
    --queued;
    popping.Open();
    asking.Wait();
    if (mode == Mode::kTwin) lock.unlock();
    Handle();
  }

  void Handle() {
    std::scoped_lock lock(mu);
    ++handled;
  }

  bool Synced() {
    std::scoped_lock lock(mu);
    asking.Open();
    popping.Wait();
    return QueueIsEmpty();
  }

  bool QueueIsEmpty() {
    std::scoped_lock lock(queue_mu);
    return queued == 0;
  }

  void Stop() {
    asking.WaitAndSettle();
    std::scoped_lock lock(mu);
    stopped = true;
  }

  const Mode mode;
  RWMutex queue_mu{"queue.mu"};
  Mutex mu{"informer.mu"};
  int queued = 1;        // guarded by queue_mu
  int handled = 0;       // guarded by mu
  bool stopped = false;  // guarded by mu
  Gate popping{mode};
  Gate asking{mode};
};

void Run(Mode mode) {
  auto informer = std::make_shared<Informer>(mode);
  Chan<Unit> done(3, "done");
  const auto start = [=](const char* name, void (Informer::*part)()) {
    Go(name, [=] {
      (*informer.*part)();
      done.Send({});
    });
  };
  start("processor", &Informer::Pop);
  LetOthersFinish(mode);
  Go("syncer", [=] {
    informer->Synced();
    done.Send({});
  });
  start("stopper", &Informer::Stop);
  AwaitAll(done, 3);
}

}  // namespace

const Shape kShape27{27, "handler_under_queue_lock", Strikes::kSometimes, Run};

}  // namespace shapes
