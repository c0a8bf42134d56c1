#include "gordian/internal/exiting.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "gordian/internal/control.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/worker.h"
#include "instrument/recorder/attach.h"
#include "instrument/schedule/host.h"

namespace gordian::internal {
namespace {

constexpr std::int64_t kPatience = 100'000'000;   // for goroutines to reach a Point, ns
constexpr std::int64_t kLookEvery = 500'000'000;  // whether the program sleeps, ns
constexpr int kMostLooks = 20;                    // then it is taken to wait for a goroutine

constinit std::atomic<Task*> g_exiting{nullptr};  // the task that ends the program
constinit std::atomic<pid_t> g_exiting_thread{0};
constinit std::atomic<std::uint32_t> g_closed{0};  // goroutines stand still
constinit std::atomic<std::int64_t> g_standing{0};

void Nap() {
  const timespec nap{0, 50'000};
  nanosleep(&nap, nullptr);
}

// What a worker runs it runs still. A goroutine in a blocking call stands still after it.
bool IsAtWork(const Processor& processor) {
  return processor.running.load(std::memory_order_seq_cst) != nullptr &&
         !processor.offered.load(std::memory_order_seq_cst) &&
         !processor.stands_still.load(std::memory_order_seq_cst);
}

void Close() {
  if (g_closed.exchange(1, std::memory_order_seq_cst) != 0) return;
  schedule::AskForAttention();
  const Worker* own = CurrentWorker();
  const std::int64_t until = MonotonicNs() + kPatience;
  for (std::atomic<Processor*>& slot : g_scheduler.processors) {
    const Processor* processor = slot.load(std::memory_order_acquire);
    if (processor == nullptr) break;
    if (own != nullptr && own->processor == processor) continue;
    // A worker that saw the gate open has said by the end of the nap what it runs.
    do Nap();
    while (IsAtWork(*processor) && MonotonicNs() < until);
  }
}

void Open() {
  if (g_closed.exchange(0, std::memory_order_seq_cst) == 0) return;
  schedule::AttentionPaid();
  FutexWake(g_closed, INT_MAX);
}

// The thread that ends the program sleeps in a futex, or that cannot be known.
bool ExitSleeps() {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/syscall", g_exiting_thread.load());
  const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  std::array<char, 64> text{};
  const ssize_t size = read(file, text.data(), text.size() - 1);
  close(file);
  return size <= 0 || std::atol(text.data()) == SYS_futex;
}

}  // namespace

void ForgetExit() {
  g_exiting.store(nullptr);
  g_standing.store(0);
  if (g_closed.exchange(0) != 0) schedule::AttentionPaid();
}

void BeginExit() {
  if (g_scheduler.started.load(std::memory_order_acquire) == 0) return;
  Task& self = CurrentTask();
  Task* none = nullptr;
  if (!g_exiting.compare_exchange_strong(none, &self)) return;
  g_exiting_thread.store(gettid());
  if (schedule::Controller* control = Control()) return control->Keep(self.turn);
  recorder::AwaitSettled();
  Close();
}

ExitWaits::ExitWaits(const Task& task)
    : waits_(g_exiting.load(std::memory_order_relaxed) == &task && Control() == nullptr) {
  if (waits_) Open();
}

ExitWaits::~ExitWaits() {
  if (!waits_) return;
  g_exiting_thread.store(gettid());
  Close();
}

void StandStillAtExit(Worker& worker, const Task& task) {
  if (g_closed.load(std::memory_order_seq_cst) == 0) return;
  if (g_exiting.load(std::memory_order_relaxed) == &task) return;
  Processor* const processor = worker.processor;
  if (processor != nullptr) processor->stands_still.store(true, std::memory_order_seq_cst);
  g_standing.fetch_add(1);
  bool slept = false;
  int looks = 0;
  while (g_closed.load(std::memory_order_seq_cst) != 0) {
    FutexWait(g_closed, 1, MonotonicNs() + kLookEvery);
    if (g_closed.load(std::memory_order_seq_cst) == 0) break;
    const bool sleeps = ExitSleeps();
    if ((std::exchange(slept, sleeps) && sleeps) || ++looks == kMostLooks) Open();
  }
  g_standing.fetch_sub(1);
  if (processor != nullptr) processor->stands_still.store(false, std::memory_order_seq_cst);
}

std::int64_t WorkersAtExit() { return g_standing.load(); }

}  // namespace gordian::internal

// Anybody may end the program, not only main by returning (for which see threads.cc).
extern "C" void exit(int status) {
  gordian::internal::BeginExit();
  static auto* const next = reinterpret_cast<void (*)(int)>(dlsym(RTLD_NEXT, "exit"));
  next(status);
  __builtin_unreachable();
}
