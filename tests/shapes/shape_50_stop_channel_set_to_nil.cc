// Stopping a proxier closes its stop channel and then clears the field. The worker reads the
// field anew for each select: what it finds last is a nil channel, which never becomes ready.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Proxier {
  explicit Proxier(Mode run_mode) : mode(run_mode) {}

  void Work() {
    const RecvChan<Unit> mine = stop.Read();
    working.Open();
    for (;;) {
      stop_cleared.Wait();
      const RecvChan<Unit> now = mode == Mode::kTwin ? mine : RecvChan<Unit>(stop.Read());
      if (Select(Recv(rules), Recv(now)) == 1) return;
    }
  }

  void Stop() {
    working.Wait();
    stop.Read().Close();
    if (mode != Mode::kTwin) stop.Write(Chan<Unit>());
    stop_cleared.Open();
  }

  const Mode mode;
  Chan<int> rules{0, "proxier.rules"};
  Shared<Chan<Unit>> stop{Chan<Unit>(0, "stop"), "proxier.stop"};
  Gate working{mode};
  Gate stop_cleared{mode};
};

void Run(Mode mode) {
  auto proxier = std::make_shared<Proxier>(mode);
  Go("worker", [=] { proxier->Work(); });
  Sleep(absl::Milliseconds(5));
  proxier->Stop();
  Sleep(absl::Milliseconds(20));
}

}  // namespace

const Shape kShape50{50, "stop_channel_set_to_nil", Strikes::kAlways, Run};

}  // namespace shapes
