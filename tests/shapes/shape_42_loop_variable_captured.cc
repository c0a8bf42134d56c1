// A loop starts a goroutine per test case. They capture the loop's variable, not its value, and
// read it while the loop goes on to the next case.
#include <array>
#include <memory>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

const std::array<std::string, 3> kImages = {"alpine", "debian", "fedora"};

void Run(Mode mode) {
  auto image = std::make_shared<Shared<std::string>>("", "image");
  auto pulled = std::make_shared<std::array<std::string, kImages.size()>>();
  WaitGroup pulls("pulls");
  for (std::size_t i = 0; i < kImages.size(); ++i) {
    if (mode == Mode::kTwin) image = std::make_shared<Shared<std::string>>("", "image");
    image->Write(kImages[i]);
    pulls.Go("pull", [pulled, i, image] { (*pulled)[i] = image->Read(); });
  }
  pulls.Wait();
}

}  // namespace

const Shape kShape42{42, "loop_variable_captured", Strikes::kAlways, Run};

}  // namespace shapes
