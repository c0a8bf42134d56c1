#include "gordian/internal/control.h"

#include <utility>

#include "gordian/internal/forked.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"
#include "instrument/recorder/options.h"

namespace gordian::internal {

constinit std::atomic<schedule::Controller*> g_control{nullptr};

namespace {

// What the worker is to run next.
struct Granted {
  std::atomic<Task*> task{nullptr};
  Signal signal;
};
constinit Granted g_granted;

class TaskHost final : public schedule::Host {
 public:
  schedule::Controlled* Current() override {
    // A thread that nobody saw created comes under control at its first Point, where it
    // holds no SpinLock.
    Task* task = CurrentWorker() == nullptr ? &CurrentTask() : CurrentTaskOrNull();
    return task != nullptr && task->kind != trace::TaskKind::kInternal ? &task->turn : nullptr;
  }

  void Grant(schedule::Controlled& controlled) override {
    Task& task = *static_cast<Turn&>(controlled).task;
    if (task.bound) {
      task.turn.signal.Post();
    } else {
      GrantAgain(task);
    }
  }

  void Await(schedule::Controlled& self) override {
    Task& task = *static_cast<Turn&>(self).task;
    if (task.bound) return AwaitTurn(task);
    SwitchOut(task.context);
  }

  std::int64_t NextDeadline() override { return NextTimerDeadline(); }
  void WakeClock() override { WakeTimerThread(); }
};

void Install(schedule::Controller* controller) {
  g_control.store(controller, std::memory_order_release);
  schedule::Controller::Install(controller);
}

}  // namespace

void ControlAnew(Task* self) {
  const schedule::Controller* before = Control();
  if (before == nullptr) return;
  g_granted.task.store(nullptr);
  g_granted.signal.WaitOnce(0);
  auto* controller = new schedule::Controller(
      schedule::MakePolicy(recorder::ProcessOptions().schedule), new TaskHost);
  if (self != nullptr) self->turn.ordinal = 0;
  controller->Resume(before->Now(), self != nullptr ? &self->turn : nullptr);
  Install(controller);
}

void AwaitTurn(Task& self) { self.turn.signal.Wait(); }

Task* AwaitGrant() {
  g_granted.signal.Wait();
  return g_granted.task.exchange(nullptr, std::memory_order_acquire);
}

void GrantAgain(Task& task) {
  g_granted.task.store(&task, std::memory_order_release);
  g_granted.signal.Post();
}

}  // namespace gordian::internal

// After the recorder's own (102), before any of the program's.
[[gnu::constructor(103)]] static void InstallControl() {
  using namespace gordian;  // NOLINT
  auto policy = schedule::MakePolicy(recorder::ProcessOptions().schedule);
  if (policy == nullptr) return;
  internal::Install(new schedule::Controller(std::move(policy), new internal::TaskHost));
}
