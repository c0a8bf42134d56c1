#include "gordian/internal/blocking_call.h"

#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/exiting.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"

namespace gordian::internal {
namespace {

Processor* OfferProcessor(Task& self) {
  Processor* processor = std::exchange(CurrentWorker()->processor, nullptr);
  self.bound = true;
  // It may hold work that nobody else sees: it counts as active itself, like the worker that it
  // is to get.
  ActivityBegins();
  processor->calls.store(processor->calls.load(std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);
  const bool has_work = !processor->queue.empty() || processor->queue.PeekNext() != nullptr;
  processor->offered.store(true, std::memory_order_seq_cst);
  if (has_work) WakeWorker();
  WakeMonitor();
  return processor;
}

// False where the monitor has given it away.
bool TakeBack(Processor& processor) {
  bool offered = true;
  return processor.offered.compare_exchange_strong(offered, false, std::memory_order_acq_rel);
}

}  // namespace

BlockingCall::BlockingCall() {
  Task& self = CurrentTask();
  if (self.blocking.load(std::memory_order_relaxed)) return;
  task_ = &self;
  self.blocking.store(true, std::memory_order_relaxed);
  if (schedule::Controller* control = Control()) {
    BindToThread(self);
    control->Leave(self.turn);
    return;
  }
  if (self.lock_depth++ != 0 || !IsGoroutine(self)) return;
  offered_ = OfferProcessor(self);
}

BlockingCall::~BlockingCall() {
  if (task_ == nullptr) return;
  Task& self = *task_;
  if (Worker* worker = CurrentWorker()) StandStillAtExit(*worker, self);
  self.blocking.store(false, std::memory_order_relaxed);
  if (schedule::Controller* control = Control(); control != nullptr && control->Rejoin(self.turn)) {
    AwaitTurn(self);
  }
  if (offered_ != nullptr && TakeBack(*offered_)) {
    if (self.lock_depth == 1) {
      self.lock_depth = 0;
      self.bound = false;
      CurrentWorker()->processor = offered_;
      ActivityEnds();
      return;
    }
    StartWorker(offered_, /*counted=*/true);  // the call has locked the goroutine to its thread
  }
  UnbindFromThread(self);
}

bool ServeOffer(Processor& processor) {
  if (!processor.offered.load(std::memory_order_acquire)) return false;
  const std::uint32_t calls = processor.calls.load(std::memory_order_relaxed);
  const bool lasts = std::exchange(processor.seen_calls, calls) == calls;
  if (lasts && TakeBack(processor)) {
    processor.running.store(nullptr, std::memory_order_relaxed);
    StartWorker(&processor, /*counted=*/true);
  }
  return true;
}

}  // namespace gordian::internal
