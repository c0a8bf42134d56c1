// The server waits until its stopper has quiesced. Nothing was ever told to quiesce, so nothing
// closes the channel, and there is no other goroutine left.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Stopper {
  RecvChan<Unit> ShouldQuiesce() const { return quiescer; }
  void Quiesce() const { quiescer.Close(); }

  Chan<Unit> quiescer{0, "stopper.quiescer"};
};

void Run(Mode mode) {
  Stopper stopper;
  if (mode == Mode::kTwin) {
    Go("drain", [stopper] { stopper.Quiesce(); });
  }
  stopper.ShouldQuiesce().Recv();
}

}  // namespace

const Shape kShape06{6, "quiescer_never_closed", Strikes::kAlways, Run};

}  // namespace shapes
