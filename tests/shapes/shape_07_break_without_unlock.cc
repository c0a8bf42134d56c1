// The bootstrap loop leaves by `break` with the lock taken; what comes next takes it again.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Gossip {
  void Bootstrap(Mode mode) {
    for (;;) {
      mu.Lock();
      if (++attempts == 3) connected = true;
      if (connected) {
        if (mode == Mode::kTwin) mu.Unlock();
        break;
      }
      mu.Unlock();
    }
  }

  void Manage() {
    std::scoped_lock lock(mu);
    managed = connected;
  }

  Mutex mu{"gossip.mu"};
  int attempts = 0;        // guarded by mu
  bool connected = false;  // guarded by mu
  bool managed = false;    // guarded by mu
};

void Run(Mode mode) {
  auto gossip = std::make_shared<Gossip>();
  Chan<Unit> done(1, "done");
  Go("gossip", [=] {
    gossip->Bootstrap(mode);
    gossip->Manage();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape07{7, "break_without_unlock", Strikes::kAlways, Run};

}  // namespace shapes
