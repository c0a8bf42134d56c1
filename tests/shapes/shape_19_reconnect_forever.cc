// The reconnect loop ends with its context alone. The client's Close cancels another context,
// so the loop dials on for as long as the program lives.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

bool Dial() { return false; }  // nobody listens

void Reconnect(const Context& ctx) {
  while (!Dial()) {
    if (Select(Recv(After(absl::Milliseconds(2))), Recv(ctx.Done())) == 1) return;
  }
}

void Run(Mode mode) {
  auto [ctx, cancel] = WithCancel(Background());
  auto [request, cancel_request] = WithCancel(Background());
  Chan<Unit> done(1, "done");
  Go("reconnect", [ctx = ctx, done] {
    Reconnect(ctx);
    done.Send({});
  });
  Sleep(absl::Milliseconds(10));
  cancel_request();
  if (mode == Mode::kTwin) cancel();
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape19{19, "reconnect_forever", Strikes::kAlways, Run};

}  // namespace shapes
