// A function makes a channel for errors, sends one, and would then return the channel to the
// only one who could receive it.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kNoSuchContainer = 404;

RecvChan<int> CollectErrors(Mode mode) {
  Chan<int> errors(mode == Mode::kTwin ? 1 : 0, "errors");
  errors.Send(kNoSuchContainer);
  errors.Close();
  return errors;
}

void Run(Mode mode) {
  Chan<Unit> done(1, "done");
  Go("collector", [=] {
    CollectErrors(mode).Recv();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape36{36, "send_before_return", Strikes::kAlways, Run};

}  // namespace shapes
