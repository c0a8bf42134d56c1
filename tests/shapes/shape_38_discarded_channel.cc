// A helper runs a function in a goroutine and returns the channel its error will come on. The
// caller has no use for it.
#include <functional>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

RecvChan<bool> Promise(Mode mode, const std::function<bool()>& work) {
  Chan<bool> result(mode == Mode::kTwin ? 1 : 0, "result");
  Go("promise", [=] { result.Send(work()); });
  return result;
}

void Run(Mode mode) {
  Promise(mode, [] { return true; });
  Sleep(absl::Milliseconds(10));
}

}  // namespace

const Shape kShape38{38, "discarded_channel", Strikes::kAlways, Run};

}  // namespace shapes
