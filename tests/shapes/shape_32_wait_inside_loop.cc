// A WaitGroup is told of two downloads, and waited for inside the loop that starts them: the
// first pass waits for a download that only the second pass would start.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kLayers = 2;

void Pull(Mode mode) {
  auto downloads = std::make_shared<WaitGroup>("downloads");
  downloads->Add(kLayers);
  for (int layer = 0; layer < kLayers; ++layer) {
    Go("download", [=] { downloads->Done(); });
    if (mode != Mode::kTwin) downloads->Wait();
  }
  downloads->Wait();
}

void Run(Mode mode) {
  Chan<Unit> done(1, "done");
  Go("pull", [=] {
    Pull(mode);
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape32{32, "wait_inside_loop", Strikes::kAlways, Run};

}  // namespace shapes
