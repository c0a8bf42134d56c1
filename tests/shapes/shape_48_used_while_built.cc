// Building a resolver calls back into its wrapper, which starts a goroutine that uses the
// wrapper's resolver; the constructor is still assigning it.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Resolver {
  Atomic<int> resolutions{0};
};

struct Wrapper : std::enable_shared_from_this<Wrapper> {
  void Init(Mode mode) {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    resolver.Write(Build());
  }

  std::shared_ptr<Resolver> Build() {
    OnState();
    return std::make_shared<Resolver>();
  }

  void OnState() {
    polling.Go("poll", [self = shared_from_this()] {
      std::scoped_lock lock(self->mu);
      const std::shared_ptr<Resolver> now = self->resolver.Read();
      if (now != nullptr) now->resolutions.Add(1);
    });
  }

  Mutex mu{"wrapper.mu"};
  WaitGroup polling{"wrapper.polling"};
  Shared<std::shared_ptr<Resolver>> resolver{nullptr, "wrapper.resolver"};
};

void Run(Mode mode) {
  auto wrapper = std::make_shared<Wrapper>();
  wrapper->Init(mode);
  wrapper->polling.Wait();
}

}  // namespace

const Shape kShape48{48, "used_while_built", Strikes::kAlways, Run};

}  // namespace shapes
