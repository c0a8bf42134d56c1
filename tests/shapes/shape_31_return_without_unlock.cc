// Cleaning up returns early, with the lock taken, when there is nothing to clean. The next one
// who wants the lock waits for a goroutine that has long ended.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct DeviceSet {
  void CleanupDeleted(Mode mode) {
    mu.Lock();
    if (deleted == 0) {
      if (mode == Mode::kTwin) mu.Unlock();
      return;
    }
    deleted = 0;
    mu.Unlock();
  }

  void Deactivate() {
    std::scoped_lock lock(mu);
    active = false;
  }

  Mutex mu{"devices.mu"};
  int deleted = 0;     // guarded by mu
  bool active = true;  // guarded by mu
};

void Run(Mode mode) {
  auto devices = std::make_shared<DeviceSet>();
  Chan<Unit> cleaned(1, "cleaned");
  Chan<Unit> done(1, "done");
  Go("cleanup", [=] {
    devices->CleanupDeleted(mode);
    cleaned.Send({});
  });
  Go("deactivate", [=] {
    cleaned.Recv();
    devices->Deactivate();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape31{31, "return_without_unlock", Strikes::kAlways, Run};

}  // namespace shapes
