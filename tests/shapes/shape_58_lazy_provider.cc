// Ten goroutines ask for a provider that the first of them makes: a null check and an
// assignment, with nothing around them.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Provider {
  int version = 1;
};

struct Registry {
  explicit Registry(Mode run_mode) : mode(run_mode) {}

  std::shared_ptr<Provider> Get() {
    if (mode == Mode::kTwin) {
      once.Do([this] { provider.Write(std::make_shared<Provider>()); });
    } else if (provider.Read() == nullptr) {
      provider.Write(std::make_shared<Provider>());
    }
    return provider.Read();
  }

  const Mode mode;
  Once once{"registry.once"};
  Shared<std::shared_ptr<Provider>> provider{nullptr, "registry.provider"};
};

void Run(Mode mode) {
  auto registry = std::make_shared<Registry>(mode);
  WaitGroup users("users");
  for (int i = 0; i < 10; ++i) {
    users.Go("user", [=] { registry->Get(); });
  }
  users.Wait();
}

}  // namespace

const Shape kShape58{58, "lazy_provider", Strikes::kAlways, Run};

}  // namespace shapes
