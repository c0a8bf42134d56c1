// Stop closes the worker's queue and waits until it has ended, under the lock that the worker
// needs to apply the update it has just taken from the queue.
#include <memory>
#include <mutex>
#include <optional>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Watcher {
  explicit Watcher(Mode run_mode) : mode(run_mode) {}

  void Stop() {
    std::unique_lock lock(mu);
    stopping = true;
    updates.Close();
    stop_locked.Open();
    if (mode == Mode::kTwin) lock.unlock();
    done.Recv();
  }

  void Work() {
    for (const int update : updates) {
      update_taken.Open();
      stop_locked.WaitAndSettle();
      Coalesce(update);
    }
    done.Close();
  }

  void Coalesce(int newest) {
    std::scoped_lock lock(mu);
    const auto keep = [&](std::optional<int> update) { newest = update.value_or(newest); };
    Select(Recv(updates, keep), Default());
    if (!stopping) applied = newest;
  }

  const Mode mode;
  Mutex mu{"watcher.mu"};
  bool stopping = false;  // guarded by mu
  int applied = 0;        // guarded by mu
  Chan<int> updates{4, "watcher.updates"};
  Chan<Unit> done{0, "watcher.done"};
  Gate update_taken{mode};
  Gate stop_locked{mode};
};

void Run(Mode mode) {
  auto watcher = std::make_shared<Watcher>(mode);
  Chan<Unit> stopped(1, "stopped");
  Go("worker", [=] { watcher->Work(); });
  watcher->updates.Send(1);
  Go("stopper", [=] {
    watcher->update_taken.Wait();
    LetOthersFinish(mode);
    watcher->Stop();
    stopped.Send({});
  });
  AwaitAll(stopped, 1);
}

}  // namespace

const Shape kShape12{12, "stop_holds_lock", Strikes::kSometimes, Run};

}  // namespace shapes
