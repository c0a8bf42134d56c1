// How a worker finds its next goroutine, and how it goes to sleep when there is none.

#include <algorithm>
#include <utility>

#include "gordian/internal/activity.h"
#include "gordian/internal/control.h"
#include "gordian/internal/record.h"
#include "gordian/internal/timers.h"
#include "gordian/internal/worker.h"

namespace gordian::internal {
namespace {

constexpr std::uint32_t kGlobalEvery = 61;  // looks, so that local work starves nobody
constexpr std::uint32_t kNextInARow = 64;   // services of the next slot before the queue's turn
constexpr int kStealRounds = 4;
constexpr std::int64_t kGlobalBatch = 32;

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

std::uint32_t Random(Processor& processor) {
  processor.random ^= processor.random << 13;
  processor.random ^= processor.random >> 7;
  processor.random ^= processor.random << 17;
  return static_cast<std::uint32_t>(processor.random >> 32);
}

bool IsSurplus(const Processor& processor) {
  return processor.index >= g_scheduler.max_procs.load(std::memory_order_relaxed);
}

// One from the global queue, and a fair share of the rest into the local one.
Task* TakeGlobal(Processor& processor, std::int64_t batch) {
  if (g_scheduler.global_size.load(std::memory_order_relaxed) == 0) return nullptr;
  g_scheduler.lock.Lock();
  const auto size = static_cast<std::int64_t>(g_scheduler.global.size);
  const int procs = g_scheduler.max_procs.load(std::memory_order_relaxed);
  std::int64_t share = std::min(batch, size / procs + 1);
  Task* first = g_scheduler.global.PopFront();
  std::int64_t taken = first != nullptr ? 1 : 0;
  while (--share > 0) {
    Task* task = g_scheduler.global.PopFront();
    if (task == nullptr) break;
    if (!processor.queue.Push(task)) {
      g_scheduler.global.PushBack(task);
      break;
    }
    ++taken;
  }
  g_scheduler.global_size.fetch_sub(taken, std::memory_order_seq_cst);
  g_scheduler.lock.Unlock();
  return first;
}

Task* TakeLocal(Processor& processor) {
  if (++processor.tick % kGlobalEvery == 0) {
    if (Task* task = TakeGlobal(processor, 1)) return task;
  }
  if (processor.next_taken < kNextInARow) {
    if (Task* task = processor.queue.TakeNext()) {
      ++processor.next_taken;
      return task;
    }
  }
  processor.next_taken = 0;
  if (Task* task = processor.queue.Pop()) return task;
  // Whether the queue was empty all along or a thief has emptied it.
  if (Task* task = processor.queue.TakeNext()) return task;
  return TakeGlobal(processor, kGlobalBatch);
}

// A look at every other processor, from a random one on.
Task* StealOnce(Processor& thief, bool next_slots) {
  const auto count =
      static_cast<std::uint32_t>(g_scheduler.started.load(std::memory_order_acquire));
  const std::uint32_t start = Random(thief);
  for (std::uint32_t i = 0; i < count; ++i) {
    Processor* victim = g_scheduler.processors[(start + i) % count].load(std::memory_order_acquire);
    if (victim == nullptr || victim == &thief) continue;
    if (Task* task = victim->queue.StealHalf(thief.queue)) return task;
    if (!next_slots) continue;
    // Its owner is most likely about to take it: only what stays is stolen.
    Task* next = victim->queue.PeekNext();
    if (next == nullptr) continue;
    for (int spin = 0; spin < 64 && victim->queue.PeekNext() == next; ++spin) Pause();
    if (victim->queue.StealNext(next)) return next;
  }
  return nullptr;
}

Task* Steal(Worker& worker) {
  Processor& processor = *worker.processor;
  if (!worker.spinning) {
    const int busy = g_scheduler.started.load(std::memory_order_relaxed) -
                     g_scheduler.idle.load(std::memory_order_relaxed);
    if (2 * g_scheduler.spinning.load(std::memory_order_relaxed) >= busy) return nullptr;
    worker.spinning = true;
    g_scheduler.spinning.fetch_add(1, std::memory_order_seq_cst);
  }
  for (int round = 0; round < kStealRounds; ++round) {
    if (Task* task = StealOnce(processor, round == kStealRounds - 1)) return task;
    if (Task* task = TakeGlobal(processor, kGlobalBatch)) return task;
    for (int spin = 0; spin < 32; ++spin) Pause();
  }
  return nullptr;
}

// It has found work: somebody else should look whether there is more.
void StopSpinning(Worker& worker) {
  if (!worker.spinning) return;
  worker.spinning = false;
  g_scheduler.spinning.fetch_sub(1, std::memory_order_seq_cst);
  WakeWorker();
}

// Takes `worker` off the list of idle ones; false where a waker has done that.
bool LeaveIdle(Worker& worker) {
  g_scheduler.lock.Lock();
  const bool was_idle = worker.idle;
  if (was_idle) {
    Worker** link = &g_scheduler.idle_workers;
    while (*link != &worker) link = &(*link)->next_idle;
    *link = worker.next_idle;
    worker.idle = false;
    g_scheduler.idle.fetch_sub(1, std::memory_order_seq_cst);
  }
  g_scheduler.lock.Unlock();
  return was_idle;
}

// Until its signal comes. Awake it counts as busy at once, whether or not it runs anything yet: the
// monitor must not go to sleep meanwhile.
void AwaitSignal(Worker& worker) {
  ActivityEnds();
  g_scheduler.sleeping.fetch_add(1, std::memory_order_seq_cst);
  worker.signal.Wait();
  g_scheduler.sleeping.fetch_sub(1, std::memory_order_seq_cst);
  WakeMonitor();
}

// Sleeps until woken, or returns at once where work has come meanwhile.
void Idle(Worker& worker) {
  if (worker.log->task() != 0) [[unlikely]]
    recorder::StopTask(*worker.log);
  // Once it is on the list a waker may make it spin again, so its own spinning ends before.
  const bool was_spinning = std::exchange(worker.spinning, false);
  g_scheduler.lock.Lock();
  worker.next_idle = g_scheduler.idle_workers;
  g_scheduler.idle_workers = &worker;
  worker.idle = true;
  g_scheduler.idle.fetch_add(1, std::memory_order_seq_cst);
  g_scheduler.lock.Unlock();
  if (was_spinning) g_scheduler.spinning.fetch_sub(1, std::memory_order_seq_cst);
  // Whoever made work before it could see this worker idle has not woken it.
  if (AnyWork() && LeaveIdle(worker)) return;
  AwaitSignal(worker);
}

// A worker beyond the limit gives its work to the others, and sleeps until the limit changes.
void Retire(Worker& worker) {
  if (worker.log->task() != 0) [[unlikely]]
    recorder::StopTask(*worker.log);
  RunQueue& queue = worker.processor->queue;
  std::int64_t given = 0;
  g_scheduler.lock.Lock();
  for (;;) {
    Task* task = queue.TakeNext();
    if (task == nullptr) task = queue.Pop();
    if (task == nullptr) break;
    g_scheduler.global.PushBack(task);
    ++given;
  }
  g_scheduler.global_size.fetch_add(given, std::memory_order_seq_cst);
  const bool surplus = IsSurplus(*worker.processor);
  if (surplus) {
    worker.next_idle = g_scheduler.surplus_workers;
    g_scheduler.surplus_workers = &worker;
  }
  g_scheduler.lock.Unlock();
  StopSpinning(worker);
  if (given > 0) WakeWorker();
  if (!surplus) return;
  AwaitSignal(worker);
}

}  // namespace

bool AnyWork() {
  if (g_scheduler.global_size.load(std::memory_order_seq_cst) != 0) return true;
  for (std::atomic<Processor*>& slot : g_scheduler.processors) {
    Processor* processor = slot.load(std::memory_order_acquire);
    if (processor == nullptr) return false;
    if (!processor->queue.empty()) return true;
  }
  return false;
}

bool HasToGiveWay(const Processor& processor) {
  return IsSurplus(processor) || processor.queue.PeekNext() != nullptr || AnyWork();
}

Task* FindRunnable(Worker& worker) {
  if (Control() != nullptr) [[unlikely]] {
    return worker.processor != nullptr ? AwaitGrant() : nullptr;
  }
  while (worker.processor != nullptr) {
    Processor& processor = *worker.processor;
    if (IsSurplus(processor)) [[unlikely]] {
      Retire(worker);
      continue;
    }
    Task* task = TakeLocal(processor);
    if (task == nullptr) task = Steal(worker);
    if (task != nullptr) {
      StopSpinning(worker);
      return task;
    }
    Idle(worker);
  }
  return nullptr;
}

}  // namespace gordian::internal
