// To reset its timer, a strategy stops it and, where that comes too late, takes the value out
// of the timer's channel. Its loop had taken that value already.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Strategy {
  explicit Strategy(Mode run_mode)
      : mode(run_mode), timeout(absl::Milliseconds(run_mode == Mode::kClean ? 60000 : 5)) {}

  void Loop(const Context& ctx) {
    Timer timer(timeout);
    for (;;) {
      const int taken = Select(Recv(timer.C()), Recv(reset), Recv(ctx.Done()));
      if (taken == 0) fired.Open();
      if (taken == 1) ResetTimer(timer);
      if (taken == 2) break;
    }
    timer.Stop();
  }

  void ResetTimer(Timer& timer) const {
    if (!timer.Stop()) {
      if (mode == Mode::kTwin) {
        Select(Recv(timer.C()), Default());
      } else {
        timer.C().Recv();
      }
    }
    timer.Reset(timeout);
  }

  void Process() {
    fired.Wait();
    for (int block = 0; block < 3; ++block) reset.Send({});
  }

  const Mode mode;
  const absl::Duration timeout;
  Chan<Unit> reset{1, "strategy.reset"};
  Gate fired{mode};
};

void Run(Mode mode) {
  auto strategy = std::make_shared<Strategy>(mode);
  auto [ctx, cancel] = WithCancel(Background());
  Chan<Unit> done(2, "done");
  Go("strategy", [strategy, ctx = ctx, done] {
    strategy->Loop(ctx);
    done.Send({});
  });
  Go("processor", [strategy, done] {
    strategy->Process();
    done.Send({});
  });
  AwaitAll(done, 1);
  cancel();
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape22{22, "timer_drained_twice", Strikes::kSometimes, Run};

}  // namespace shapes
