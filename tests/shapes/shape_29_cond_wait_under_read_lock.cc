// A queue worker waits on its condition variable with the shared read lock taken. The syncer
// queues for the write lock; the other worker, who would signal, queues behind the syncer.
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Queue {
  explicit Queue(Mode run_mode) : mode(run_mode) {}

  void AwaitItem() {
    std::unique_lock lock(mu);
    consumer_waiting.Open();
    while (items == 0) not_empty.Wait();
    --items;
  }

  void PutItem() {
    std::scoped_lock lock(mu);
    ++items;
    not_empty.Signal();
  }

  void Consume() {
    if (mode == Mode::kTwin) AwaitItem();
    std::shared_lock lock(sync_mu);
    if (mode != Mode::kTwin) AwaitItem();
    consumed = true;
  }

  void Produce() {
    syncing.WaitAndSettle();
    {
      std::shared_lock lock(sync_mu);
      produced = true;
    }
    PutItem();
  }

  void Sync() {
    consumer_waiting.WaitAndSettle();
    syncing.Open();
    std::scoped_lock lock(sync_mu);
    ++syncs;
  }

  const Mode mode;
  RWMutex sync_mu{"queue.sync_mu"};
  int syncs = 0;          // guarded by sync_mu
  bool consumed = false;  // of the consumer alone
  bool produced = false;  // of the producer alone
  Mutex mu{"queue.mu"};
  Cond not_empty{&mu, "queue.not_empty"};
  int items = 0;  // guarded by mu
  Gate consumer_waiting{mode};
  Gate syncing{mode};
};

void Run(Mode mode) {
  auto queue = std::make_shared<Queue>(mode);
  Chan<Unit> done(3, "done");
  Go("consumer", [=] {
    queue->Consume();
    done.Send({});
  });
  Go("producer", [=] {
    queue->Produce();
    done.Send({});
  });
  LetOthersFinish(mode);
  Go("syncer", [=] {
    queue->Sync();
    done.Send({});
  });
  AwaitAll(done, 3);
}

}  // namespace

const Shape kShape29{29, "cond_wait_under_read_lock", Strikes::kSometimes, Run};

}  // namespace shapes
