// A test expects two deletions and adds two to its WaitGroup. The controller's handler reports
// every item that it processes, and the third one takes the counter below zero.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kExpected = 2;

struct Controller {
  explicit Controller(Mode run_mode) : mode(run_mode) {}

  void Run() {
    int processed = 0;
    for (;;) {
      if (Select(Recv(items), Recv(stop)) == 1) return;
      ++processed;
      if (mode == Mode::kTwin && processed > kExpected) continue;
      deletions.Done();
    }
  }

  const Mode mode;
  WaitGroup deletions{"deletions"};
  Chan<int> items{0, "items"};
  Chan<Unit> stop{0, "stop"};
};

void Run(Mode mode) {
  auto controller = std::make_shared<Controller>(mode);
  controller->deletions.Add(kExpected);
  Go("controller", [=] { controller->Run(); });
  for (int item = 0; item < kExpected; ++item) controller->items.Send(item);
  if (mode != Mode::kClean) controller->items.Send(kExpected);
  controller->deletions.Wait();
  Sleep(absl::Milliseconds(10));
  controller->stop.Close();
  Sleep(absl::Milliseconds(10));
}

}  // namespace

const Shape kShape51{51, "done_without_add", Strikes::kSometimes, Run};

}  // namespace shapes
