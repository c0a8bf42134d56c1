// A channel counts its calls with an atomic add; its metrics are copied with a plain read.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct ChannelMetrics {
  void CallStarted() { calls_started.AtomicAdd(1); }

  int Snapshot(Mode mode) {
    return mode == Mode::kTwin ? calls_started.AtomicLoad() : calls_started.PlainRead();
  }

  MixedCounter calls_started{"metrics.calls_started"};
};

void Run(Mode mode) {
  auto metrics = std::make_shared<ChannelMetrics>();
  WaitGroup users("users");
  users.Go("caller", [=] {
    for (int i = 0; i < 3; ++i) metrics->CallStarted();
  });
  users.Go("scraper", [=] { metrics->Snapshot(mode); });
  users.Wait();
}

}  // namespace

const Shape kShape49{49, "atomic_and_plain", Strikes::kAlways, Run};

}  // namespace shapes
