// Workers register a task with the stopper and then wait to be stopped. The stopper first waits
// until no task is registered, and keeps its lock meanwhile; nobody ever reports a task as done.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kWorkers = 3;

struct Stopper {
  explicit Stopper(Mode run_mode) : mode(run_mode) {}

  bool StartTask() {
    std::scoped_lock lock(mu);
    if (draining.Load()) return false;
    tasks.Add(1);
    return true;
  }

  void Quiesce() {
    std::unique_lock lock(mu);
    draining.Store(true);
    if (mode == Mode::kTwin) lock.unlock();
    tasks.Wait();
  }

  const Mode mode;
  Mutex mu{"stopper.mu"};
  WaitGroup tasks{"stopper.tasks"};
  Atomic<bool> draining{false};
  Chan<Unit> stop{0, "stopper.stop"};
  Gate registered{mode, kWorkers};
};

void Work(Stopper& stopper) {
  if (!stopper.StartTask()) return;
  if (stopper.mode == Mode::kTwin) stopper.tasks.Done();
  stopper.registered.Open();
  stopper.stop.Recv();
}

void Run(Mode mode) {
  auto stopper = std::make_shared<Stopper>(mode);
  Chan<Unit> done(0, "done");
  Go("stopper", [=] {
    stopper->registered.WaitAndSettle();
    stopper->Quiesce();
    stopper->stop.Close();
    done.Close();
  });
  LetOthersFinish(mode);
  for (int i = 0; i < kWorkers; ++i) {
    Go("worker", [=] { Work(*stopper); });
  }
  done.Recv();
}

}  // namespace

const Shape kShape02{2, "stopper_quiesce", Strikes::kSometimes, Run};

}  // namespace shapes
