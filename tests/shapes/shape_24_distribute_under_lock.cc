// The distributor sends each event to every watcher under the mux's lock. A watcher that wants
// to stop needs that lock, and no longer receives. Watchers are registered without the lock.
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Watcher {
  Chan<int> events{0, "watcher.events"};
  Chan<Unit> stopped{0, "watcher.stopped"};
};

using Watchers = std::map<int, Watcher>;

struct Mux {
  explicit Mux(Mode run_mode) : mode(run_mode) {}

  void Watch(int id, const Watcher& watcher) {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    Watchers with = watchers.Read();
    with.emplace(id, watcher);
    watchers.Write(with);
  }

  void Distribute(int event) {
    std::unique_lock lock(mu);
    const Watchers now = watchers.Read();
    if (mode == Mode::kTwin) lock.unlock();
    for (const auto& [id, watcher] : now) {
      sending.Open();
      if (mode == Mode::kTwin) {
        Select(Send(watcher.events, event), Recv(watcher.stopped));
      } else {
        watcher.events.Send(event);
      }
    }
  }

  void Stop(int id) {
    if (mode == Mode::kTwin) SignalStopped(id);
    std::scoped_lock lock(mu);
    Watchers without = watchers.Read();
    if (mode != Mode::kTwin) without[id].events.Close();
    without.erase(id);
    watchers.Write(without);
  }

  void SignalStopped(int id) {
    std::scoped_lock lock(mu);
    watchers.Read().at(id).stopped.Close();
  }

  const Mode mode;
  Mutex mu{"mux.mu"};
  Shared<Watchers> watchers{Watchers(), "mux.watchers"};
  Gate registered{mode};
  Gate sending{mode};
};

void Run(Mode mode) {
  auto mux = std::make_shared<Mux>(mode);
  Chan<Unit> done(2, "done");
  Go("distributor", [=] {
    mux->Distribute(1);
    for (int i = 0; i < 2; ++i) LetOthersFinish(mode);
    mux->registered.Wait();
    mux->Distribute(2);
    done.Send({});
  });
  LetOthersFinish(mode);
  Go("watcher", [=] {
    mux->Watch(1, Watcher());
    mux->registered.Open();
    mux->sending.WaitAndSettle();
    mux->Stop(1);
    done.Send({});
  });
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape24{24, "distribute_under_lock", Strikes::kSometimes, Run};

}  // namespace shapes
