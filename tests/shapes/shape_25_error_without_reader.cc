// On an error the watch cancels its context and then sends the error to whoever reads results.
// Cancelling is what made the reader leave.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kBadRevision = 5;

void Watch(Mode mode, const Context& ctx, const CancelFunc& cancel, const Chan<int>& errors) {
  cancel();
  if (mode == Mode::kTwin) {
    Select(Send(errors, kBadRevision), Recv(ctx.Done()));
  } else {
    errors.Send(kBadRevision);
  }
}

void Run(Mode mode) {
  auto [ctx, cancel] = WithCancel(Background());
  Chan<int> errors(0, "errors");
  Chan<int> results(0, "results");
  Go("watch", [=, ctx = ctx, cancel = cancel] { Watch(mode, ctx, cancel, errors); });
  Select(Recv(results), Recv(ctx.Done()));
}

}  // namespace

const Shape kShape25{25, "error_without_reader", Strikes::kAlways, Run};

}  // namespace shapes
