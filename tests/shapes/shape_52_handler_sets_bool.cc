// A fake server's handler notes that it was called, in a variable of the test. The test looks at
// it when it is over; nothing orders the two.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

void Run(Mode mode) {
  auto called = std::make_shared<Shared<bool>>(false, "called");
  Chan<Unit> handled(1, "handled");
  Go("handler", [=] {
    called->Write(true);
    handled.Send({});
  });
  if (mode == Mode::kTwin) {
    handled.Recv();
  } else {
    Sleep(absl::Milliseconds(10));
  }
  called->Read();
}

}  // namespace

const Shape kShape52{52, "handler_sets_bool", Strikes::kAlways, Run};

}  // namespace shapes
