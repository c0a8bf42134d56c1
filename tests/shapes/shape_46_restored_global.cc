// A test shortens a package's timeout and restores it at its end. A transport that it started
// still reads the timeout then.
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Package {
  explicit Package(Mode mode) : test_over(mode) {}

  Shared<absl::Duration> min_connect_timeout{absl::Seconds(20), "min_connect_timeout"};
  Gate test_over;
};

void Connect(Package& package, const Chan<absl::Duration>& connected) {
  package.test_over.Wait();
  connected.Send(package.min_connect_timeout.Read());
}

void DialTest(const std::shared_ptr<Package>& package, Mode mode) {
  Chan<absl::Duration> connected(1, "connected");
  const absl::Duration saved = package->min_connect_timeout.Read();
  package->min_connect_timeout.Write(absl::Milliseconds(1));
  absl::Cleanup restore = [&] {
    package->min_connect_timeout.Write(saved);
    package->test_over.Open();
  };
  Go("transport", [=] { Connect(*package, connected); });
  if (mode == Mode::kTwin) connected.Recv();
  LetOthersFinish(mode);
}

void Run(Mode mode) {
  auto package = std::make_shared<Package>(mode);
  DialTest(package, mode);
  Sleep(absl::Milliseconds(20));
}

}  // namespace

const Shape kShape46{46, "restored_global", Strikes::kSometimes, Run};

}  // namespace shapes
