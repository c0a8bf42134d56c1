// Restarting a container reports its exit status on a channel without room. The monitor that
// receives it has left, as its context was cancelled.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Container {
  explicit Container(Mode mode) : exit_status(mode == Mode::kTwin ? 1 : 0, "exit_status") {}

  void Monitor(const Context& ctx) {
    Ticker health(absl::Milliseconds(5));
    for (;;) {
      const int taken = Select(Recv(exit_status), Recv(ctx.Done()), Recv(health.C()));
      if (taken != 2) break;
      std::scoped_lock lock(mu);
      if (active == 0) break;
    }
    health.Stop();
  }

  void Restart() {
    {
      std::scoped_lock lock(mu);
      ++active;
    }
    Sleep(absl::Milliseconds(10));
    exit_status.Send(0);
  }

  Mutex mu{"container.mu"};
  int active = 1;  // guarded by mu
  Chan<int> exit_status;
};

void Run(Mode mode) {
  auto container = std::make_shared<Container>(mode);
  auto [ctx, cancel] = WithCancel(Background());
  Go("monitor", [container, ctx = ctx] { container->Monitor(ctx); });
  Go("restart", [container] { container->Restart(); });
  cancel();
  Sleep(absl::Milliseconds(30));
}

}  // namespace

const Shape kShape21{21, "restart_exit_status", Strikes::kAlways, Run};

}  // namespace shapes
