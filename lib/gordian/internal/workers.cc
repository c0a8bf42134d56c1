// Which processors and workers there are: how the scheduler starts, whom it wakes when there is
// work, how many may run at once, what the monitor sees of them.

#include <algorithm>
#include <thread>
#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/blocking_call.h"
#include "gordian/internal/control.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/quit.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"
#include "instrument/recorder/options.h"
#include "instrument/schedule/host.h"

namespace gordian::internal {

constinit SchedulerState g_scheduler;

namespace {

constexpr int kMostSpares = 64;  // threads that wait for a processor

// What GoMaxProcs says; under a controlled policy there is but one processor. Under the lock.
int g_shown_procs = 0;

// Under the scheduler's lock.
Worker* TakeIdleWorker() {
  Worker* worker = g_scheduler.idle_workers;
  if (worker == nullptr) return nullptr;
  g_scheduler.idle_workers = worker->next_idle;
  worker->idle = false;
  g_scheduler.idle.fetch_sub(1, std::memory_order_seq_cst);
  return worker;
}

// The next processor, where the limit allows one. Under the scheduler's lock.
Processor* NewProcessor() {
  const int index = g_scheduler.started.load(std::memory_order_relaxed);
  if (index >= g_scheduler.max_procs.load(std::memory_order_relaxed)) return nullptr;
  auto* processor = new Processor;
  processor->index = index;
  processor->random = 0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(index + 1);
  g_scheduler.processors[index].store(processor, std::memory_order_release);
  g_scheduler.started.store(index + 1, std::memory_order_seq_cst);
  return processor;
}

void Start() {
  WatchForOverflow();
  schedule::SetYieldHook(YieldIfAsked);
  const int wanted = static_cast<int>(recorder::ProcessOptions().max_procs);
  const int cpus = static_cast<int>(std::thread::hardware_concurrency());
  // In a forked child the parent's limit stays.
  if (g_shown_procs == 0) g_shown_procs = std::clamp(wanted > 0 ? wanted : cpus, 1, kMaxProcs);
  const bool controlled = Control() != nullptr;
  g_scheduler.max_procs.store(controlled ? 1 : g_shown_procs, std::memory_order_release);
  if (controlled) StartWorker(NewProcessor());
  AnswerQuit();
}

// Wakes or makes a worker, as the only spinning one; false where there is none to be had.
bool WakeAsSpinning() {
  SchedulerState& state = g_scheduler;
  state.lock.Lock();
  Worker* worker = TakeIdleWorker();
  Processor* fresh = worker == nullptr ? NewProcessor() : nullptr;
  state.lock.Unlock();
  if (worker != nullptr) {
    worker->spinning = true;
    ActivityBegins();
    worker->signal.Post();
    return true;
  }
  state.spinning.fetch_sub(1, std::memory_order_seq_cst);
  if (fresh == nullptr) return false;
  StartWorker(fresh);
  return true;
}

}  // namespace

void EnsureScheduler() {
  if (g_scheduler.max_procs.load(std::memory_order_acquire) != 0) [[likely]]
    return;
  CurrentTask();  // the first caller is known before its goroutines are
  static constinit SpinLock starting;
  starting.Lock();
  if (g_scheduler.max_procs.load(std::memory_order_relaxed) == 0) Start();
  starting.Unlock();
}

void ForgetScheduler(Task* self) {
  SchedulerState& state = g_scheduler;
  state.global = state.free = {};
  state.idle_workers = state.surplus_workers = state.spare_workers = nullptr;
  state.spares = 0;
  state.started.store(0);
  state.global_size.store(0);
  state.idle.store(0);
  state.spinning.store(0);
  state.max_procs.store(0);
  state.spawned_outside.store(0);
  for (std::atomic<Processor*>& processor : state.processors) processor.store(nullptr);
  if (Worker* worker = CurrentWorker(); worker != nullptr && self != nullptr) {
    worker->processor = nullptr;
  }
}

bool MaySpin() {
  static const bool one_cpu = std::thread::hardware_concurrency() == 1;
  if (one_cpu || Control() != nullptr) return false;
  const Worker* worker = CurrentWorker();
  if (worker == nullptr || worker->processor == nullptr) return true;
  const RunQueue& queue = worker->processor->queue;
  return g_scheduler.max_procs.load(std::memory_order_relaxed) > 1 && queue.PeekNext() == nullptr &&
         queue.empty();
}

void WakeWorker() {
  SchedulerState& state = g_scheduler;
  do {
    if (state.spinning.load(std::memory_order_seq_cst) != 0) return;
    if (state.idle.load(std::memory_order_seq_cst) == 0 &&
        state.started.load(std::memory_order_relaxed) >=
            state.max_procs.load(std::memory_order_relaxed)) {
      return;
    }
    int none = 0;
    if (!state.spinning.compare_exchange_strong(none, 1, std::memory_order_seq_cst)) return;
    if (WakeAsSpinning()) return WakeMonitor();
    // While this thread counted as spinning, others that made work relied on it, and a
    // worker may have gone idle since it looked.
  } while (state.idle.load(std::memory_order_seq_cst) != 0 && AnyWork());
}

void StartWorker(Processor* processor, bool counted) {
  if (Control() == nullptr && !counted) ActivityBegins();
  g_scheduler.lock.Lock();
  Worker* spare = g_scheduler.spare_workers;
  if (spare != nullptr) {
    g_scheduler.spare_workers = spare->next_idle;
    --g_scheduler.spares;
  }
  g_scheduler.lock.Unlock();
  if (spare == nullptr) return StartInternalThread(&WorkerMain, processor);
  spare->processor = processor;
  spare->signal.Post();
}

bool AwaitProcessor(Worker& worker) {
  g_scheduler.lock.Lock();
  const bool waits = g_scheduler.spares < kMostSpares;
  if (waits) {
    worker.next_idle = std::exchange(g_scheduler.spare_workers, &worker);
    ++g_scheduler.spares;
  }
  g_scheduler.lock.Unlock();
  if (waits) worker.signal.Wait();
  return waits;
}

int SetMaxProcs(int n) {
  EnsureScheduler();
  g_scheduler.lock.Lock();
  const int previous = g_shown_procs;
  if (n >= 1) g_shown_procs = std::min(n, kMaxProcs);
  g_scheduler.lock.Unlock();
  if (n < 1 || Control() != nullptr) return previous;
  g_scheduler.lock.Lock();
  g_scheduler.max_procs.store(std::min(n, kMaxProcs), std::memory_order_seq_cst);
  Worker* surplus = std::exchange(g_scheduler.surplus_workers, nullptr);
  g_scheduler.lock.Unlock();
  while (surplus != nullptr) {
    Worker* next = surplus->next_idle;
    ActivityBegins();
    surplus->signal.Post();
    surplus = next;
  }
  WakeWorker();
  return previous;
}

bool MonitorProcessors(bool ask_to_yield) {
  bool busy = false;
  for (std::atomic<Processor*>& slot : g_scheduler.processors) {
    Processor* processor = slot.load(std::memory_order_acquire);
    if (processor == nullptr) break;
    if (ServeOffer(*processor)) {
      busy = true;
      continue;
    }
    if (processor->running.load(std::memory_order_relaxed) == nullptr) continue;
    busy = true;
    const std::uint32_t switches = processor->switches.load(std::memory_order_relaxed);
    if (ask_to_yield) {
      if (switches == processor->seen_switches &&
          !processor->yield_asked.exchange(true, std::memory_order_relaxed)) {
        schedule::AskForAttention();
      }
      processor->seen_switches = switches;
    }
    Task* next = processor->queue.PeekNext();
    if (next != nullptr && next == processor->seen_next) WakeWorker();
    processor->seen_next = next;
  }
  return busy || g_scheduler.sleeping.load(std::memory_order_seq_cst) <
                     g_scheduler.started.load(std::memory_order_seq_cst);
}

}  // namespace gordian::internal
