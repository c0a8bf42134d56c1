// A scheduler runs its filters on all nodes in parallel. The filter counts its calls with a
// plain increment.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kNodes = 2;

struct FilterPlugin {
  explicit FilterPlugin(Mode run_mode) : mode(run_mode) {}

  bool Filter(int node) {
    filtering.Open();
    filtering.Wait();
    if (mode == Mode::kTwin) {
      counted.Add(1);
    } else {
      calls.Write(calls.Read() + 1);
    }
    return node > 0;
  }

  const Mode mode;
  Shared<int> calls{0, "plugin.calls"};
  Atomic<int> counted{0};
  Gate filtering{mode, kNodes};
};

void Run(Mode mode) {
  auto plugin = std::make_shared<FilterPlugin>(mode);
  Chan<int> nodes(kNodes, "nodes");
  for (int node = 0; node < kNodes; ++node) nodes.Send(node);
  nodes.Close();
  WaitGroup workers("workers");
  for (const char* name : {"worker-1", "worker-2"}) {
    workers.Go(name, [=] {
      // The lucky schedule gives each worker one node, one after the other.
      for (const int node : nodes) {
        plugin->Filter(node);
        LetOthersFinish(mode);
      }
    });
    if (mode == Mode::kClean) Sleep(absl::Milliseconds(5));
  }
  workers.Wait();
}

}  // namespace

const Shape kShape56{56, "plain_call_counter", Strikes::kSometimes, Run};

}  // namespace shapes
