// A plugin's user waits until the plugin is activated. The handler that activates it neither
// says so nor wakes anybody.
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Plugin {
  void Activate(Mode mode) {
    {
      std::shared_lock lock(handlers_mu);
      handled = handlers;
    }
    if (mode != Mode::kTwin) return;
    std::scoped_lock lock(mu);
    activated = true;
    activation.Broadcast();
  }

  void WaitActive() {
    std::unique_lock lock(mu);
    while (!activated) activation.Wait();
  }

  RWMutex handlers_mu{"plugins.handlers_mu"};
  int handlers = 1;  // guarded by handlers_mu
  int handled = 0;   // of the activating goroutine alone
  Mutex mu{"plugin.mu"};
  Cond activation{&mu, "plugin.activation"};
  bool activated = false;  // guarded by mu
};

void Run(Mode mode) {
  auto plugin = std::make_shared<Plugin>();
  Chan<Unit> done(0, "done");
  Go("activator", [=] { plugin->Activate(mode); });
  Go("user", [=] {
    plugin->WaitActive();
    done.Close();
  });
  done.Recv();
}

}  // namespace

const Shape kShape34{34, "never_activated", Strikes::kAlways, Run};

}  // namespace shapes
