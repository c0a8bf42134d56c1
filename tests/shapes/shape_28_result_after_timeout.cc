// A request sends its result when it has one; by then the caller has run into its timeout and
// gone.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

int Finish(Mode mode) {
  Chan<int> result(mode == Mode::kTwin ? 1 : 0, "result");
  Chan<int> error(mode == Mode::kTwin ? 1 : 0, "error");
  Go("request", [=] {
    const int status = 200;
    Sleep(absl::Milliseconds(10));
    (status < 400 ? result : error).Send(status);
  });
  return Select(Recv(result), Recv(error), Recv(After(absl::Milliseconds(2))));
}

void Run(Mode mode) {
  Finish(mode);
  Sleep(absl::Milliseconds(30));
}

}  // namespace

const Shape kShape28{28, "result_after_timeout", Strikes::kAlways, Run};

}  // namespace shapes
