// Two goroutines each install a callback on the same authenticator.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

using Callback = bool (*)(int user);

struct Authenticator {
  void SetCallback(Mode mode, Callback new_callback) {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    callback.Write(new_callback);
  }

  Mutex mu{"authenticator.mu"};
  Shared<Callback> callback{nullptr, "authenticator.callback"};
};

void Run(Mode mode) {
  auto authenticator = std::make_shared<Authenticator>();
  WaitGroup tests("tests");
  tests.Go("allow test", [=] { authenticator->SetCallback(mode, [](int) { return true; }); });
  tests.Go("deny test", [=] { authenticator->SetCallback(mode, [](int) { return false; }); });
  tests.Wait();
}

}  // namespace

const Shape kShape55{55, "callback_set_twice", Strikes::kAlways, Run};

}  // namespace shapes
