// Users of a plugin wait for its manifest. When activation fails there is none, the error is
// noted, and nobody is woken to look at it.
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Plugin {
  void Activate(Mode mode) {
    std::scoped_lock lock(mu);
    error = "no such plugin";
    if (mode == Mode::kTwin) activation.Broadcast();
  }

  bool WaitActive(Mode mode) {
    std::unique_lock lock(mu);
    while (!has_manifest) {
      if (mode == Mode::kTwin && !error.empty()) return false;
      activation.Wait();
    }
    return true;
  }

  Mutex mu{"plugin.mu"};
  Cond activation{&mu, "plugin.activation"};
  bool has_manifest = false;  // guarded by mu
  std::string error;          // guarded by mu
};

void Run(Mode mode) {
  auto plugin = std::make_shared<Plugin>();
  Chan<Unit> done(0, "done");
  Go("user", [=] {
    plugin->WaitActive(mode);
    done.Close();
  });
  plugin->Activate(mode);
  done.Recv();
}

}  // namespace

const Shape kShape35{35, "failed_activation", Strikes::kAlways, Run};

}  // namespace shapes
