// The cacher takes its lock before it lists, and a callback under the watch cache's lock gives
// it back. Events take the watch cache's lock first and then the cacher's.
#include <memory>
#include <mutex>
#include <utility>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Cacher {
  explicit Cacher(Mode run_mode) : mode(run_mode) {}

  void StartCaching(int round) {
    mu.Lock();
    ready = false;
    if (round == 2) {
      caching_again.Open();
      adding.WaitAndSettle();
    }
    if (mode == Mode::kTwin) mu.Unlock();
    ReplaceWatchCache();
  }

  void ReplaceWatchCache() {
    std::scoped_lock lock(watch_mu);
    items = 0;
    if (mode != Mode::kTwin) OnReplace();
  }

  void OnReplace() {
    ready = true;
    mu.Unlock();
  }

  void Add() {
    caching_again.Wait();
    std::unique_lock lock(watch_mu);
    ++items;
    adding.Open();
    if (mode == Mode::kTwin) lock.unlock();
    OnEvent();
  }

  void OnEvent() {
    std::scoped_lock lock(mu);
    ++dispatched;
  }

  const Mode mode;
  Mutex mu{"cacher.mu"};
  RWMutex watch_mu{"watch_cache.mu"};
  bool ready = false;  // guarded by mu
  int dispatched = 0;  // guarded by mu
  int items = 0;       // guarded by watch_mu
  Gate caching_again{mode};
  Gate adding{mode};
};

void Run(Mode mode) {
  auto cacher = std::make_shared<Cacher>(mode);
  Chan<Unit> done(2, "done");
  Go("reflector", [=] {
    for (const int round : {1, 2}) cacher->StartCaching(round);
    done.Send({});
  });
  LetOthersFinish(mode);
  Go("event source", [=] {
    cacher->Add();
    done.Send({});
  });
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape23{23, "unlocked_by_callback", Strikes::kSometimes, Run};

}  // namespace shapes
