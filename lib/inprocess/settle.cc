#include "lib/inprocess/settle.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gordian/internal/activity.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/task_state.h"
#include "gordian/runtime.h"
#include "instrument/recorder/options.h"

namespace gordian::inprocess {
namespace {

// Whether a task from `first` on could still come to its end by itself.
bool SomeoneMayFinish(trace::TaskId first, const internal::Task& own) {
  bool alive = false;
  bool running = false;
  internal::ForEachTask([&](internal::Task& task) {
    if (&task == &own || task.kind == trace::TaskKind::kInternal) return;
    if (internal::IdOf(task) < first) return;
    alive = true;
    running = running || !internal::IsParked(task);
  });
  if (!alive) return false;
  // Where only the caller runs and no timer is armed, nobody will wake those that are parked.
  return running || internal::g_activity.load() > 1;
}

}  // namespace

void Settle(trace::TaskId first) {
  using Clock = std::chrono::steady_clock;
  const internal::Task& own = internal::CurrentTask();
  const auto until = Clock::now() + recorder::ProcessOptions().leak_grace;
  auto pause = std::chrono::microseconds(50);
  while (SomeoneMayFinish(first, own) && Clock::now() < until) {
    Gosched();  // under a controlled schedule it is this task that lets the others run
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(5000));
  }
}

void FreezeParked(trace::TaskId first, trace::TaskId own) {
  internal::ForEachTask([&](internal::Task& task) {
    const trace::TaskId id = internal::IdOf(task);
    if (id >= first && id != own) internal::FreezeTask(task);
  });
}

}  // namespace gordian::inprocess
