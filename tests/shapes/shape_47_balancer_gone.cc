// A watcher passes new service configurations on to the connection's balancer, under the
// connection's lock. Close takes the balancer away under that same lock: all is locked, and the
// watcher that comes second calls through a null pointer.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Balancer {
  void HandleConfig(int version) { Select(Send(configs, version), Default()); }

  Chan<int> configs{1, "balancer.configs"};
};

struct Connection {
  explicit Connection(Mode run_mode) : mode(run_mode) {}

  void Apply(int version) {
    std::scoped_lock lock(mu);
    if (mode == Mode::kTwin && balancer == nullptr) return;
    // What Go's runtime does with a null pointer, the process being C++.
    if (balancer == nullptr) throw Panic("null balancer");
    balancer->HandleConfig(version);
  }

  void Close() {
    std::scoped_lock lock(mu);
    balancer = nullptr;
    closed.Open();
  }

  const Mode mode;
  RWMutex mu{"connection.mu"};
  std::shared_ptr<Balancer> balancer = std::make_shared<Balancer>();  // guarded by mu
  Gate closed{mode};
};

void Run(Mode mode) {
  auto connection = std::make_shared<Connection>(mode);
  Chan<Unit> done(1, "done");
  Go("config watcher", [=] {
    connection->Apply(1);
    connection->closed.Wait();
    connection->Apply(2);
    done.Send({});
  });
  Sleep(absl::Milliseconds(10));
  connection->Close();
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape47{47, "balancer_gone", Strikes::kAlways, Run};

}  // namespace shapes
