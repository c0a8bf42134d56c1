#include "gordian/go.h"

#include <thread>
#include <utility>

#include "gordian/internal/scheduler.h"
#include "gordian/runtime.h"
#include "instrument/schedule/point.h"

namespace gordian {

void Go(Spawned f) { internal::Spawn(std::move(f.body), {}, f.location); }

void Go(std::string_view name, Spawned f) { internal::Spawn(std::move(f.body), name, f.location); }

int GoMaxProcs(int n) { return internal::SetMaxProcs(n); }

int NumCpu() { return static_cast<int>(std::thread::hardware_concurrency()); }

std::int64_t NumGoroutine() { return internal::LiveGoroutines() + 1; }

void Gosched() {
  schedule::Point(schedule::Op::kYield, nullptr);
  internal::Yield();
}

void LockOSThread() { internal::BindToThread(internal::CurrentTask()); }

void UnlockOSThread() { internal::UnbindFromThread(internal::CurrentTask()); }

}  // namespace gordian
