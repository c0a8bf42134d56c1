// The dialer waits until its watcher has ended. The watcher returns as its input is closed, and
// forgets to close the channel that says so.
#include <memory>
#include <mutex>

#include "absl/cleanup/cleanup.h"
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Dialer {
  void Watch(Mode mode) {
    absl::Cleanup ended = [this] { watcher_done.Close(); };
    if (mode != Mode::kTwin) std::move(ended).Cancel();
    for (const int address : addresses) {
      std::scoped_lock lock(mu);
      current = address;
    }
  }

  Mutex mu{"dialer.mu"};
  int current = 0;  // guarded by mu
  Chan<int> addresses{0, "dialer.addresses"};
  Chan<Unit> watcher_done{0, "dialer.watcher_done"};
};

void Run(Mode mode) {
  auto dialer = std::make_shared<Dialer>();
  dialer->addresses.Close();
  Chan<Unit> done(1, "done");
  Go("watcher", [=] { dialer->Watch(mode); });
  Go("dialer", [=] {
    dialer->watcher_done.Recv();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape16{16, "watcher_never_closes", Strikes::kAlways, Run};

}  // namespace shapes
