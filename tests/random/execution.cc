#include "tests/random/execution.h"

#include <chrono>
#include <thread>

#include "gordian/go.h"
#include "gordian/internal/activity.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "gordian/panic.h"
#include "gordian/runtime.h"
#include "gtest/gtest.h"

namespace gordian::testing {

Execution::Execution(const Program& program) : program_(program) {
  for (std::size_t i = 0; i < program.locks.size(); ++i) {
    mutexes_.emplace_back("lock " + std::to_string(i));
    rw_mutexes_.emplace_back("lock " + std::to_string(i));
  }
  for (std::size_t i = 0; i < program.capacities.size(); ++i) {
    channels_.emplace_back(program.capacities[i], "chan " + std::to_string(i));
  }
  for (std::size_t i = 0; i < program.groups.size(); ++i) {
    groups_.emplace_back("group " + std::to_string(i));
    if (program.groups[i] != 0) groups_.back().Add(program.groups[i]);
  }
  for (const std::vector<Op>& ops : program.goroutines) {
    accounts_.emplace_back().outcomes.reserve(ops.size());
  }
}

void Execution::Start() {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    Go("g" + std::to_string(i), [this, i] { Live(i); });
  }
}

bool Execution::Run() {
  using Clock = std::chrono::steady_clock;
  Start();
  // This thread is all that is active when the goroutines have come to rest.
  const auto deadline = Clock::now() + std::chrono::minutes(1);
  while (internal::g_activity.load() > 1) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

namespace {

std::atomic<std::uint32_t> g_stands_still{0};

struct Watch {
  internal::Task* main;
  std::function<void()> at_standstill;
};

// Waits for the standstill on a thread that the library does not count.
void* WatchMain(void* argument) {
  const Watch& watch = *static_cast<Watch*>(argument);
  internal::Task& main = *watch.main;
  while (g_stands_still.load() == 0) internal::FutexWait(g_stands_still, 0);
  watch.at_standstill();
  EXPECT_TRUE(internal::UnwindTask(main));  // `watch` goes with it
  return nullptr;
}

}  // namespace

void Execution::RunWhileMainWaits(std::function<void()> at_standstill) {
  Watch watch{&internal::CurrentTask(), std::move(at_standstill)};
  g_stands_still.store(0);
  internal::OnStandstill([] {
    g_stands_still.store(1);
    internal::FutexWake(g_stands_still);
  });
  internal::StartInternalThread(WatchMain, &watch);
  Start();
  try {
    Chan<int>(0, "never").Recv();
    ADD_FAILURE() << "somebody has served it";
  } catch (const internal::Unwound&) {
    internal::OnStandstill(nullptr);
  }
}

void Execution::Freeze() {
  internal::ForEachTask([](internal::Task& task) {
    if (task.kind == trace::TaskKind::kGoroutine) internal::FreezeTask(task);
  });
}

// --- What the goroutines do --------------------------------------------------

void Execution::Live(std::size_t goroutine) {
  Account& account = accounts_[goroutine];
  for (const Op& op : program_.goroutines[goroutine]) {
    account.begun.fetch_add(1);
    account.outcomes.push_back(Perform(op));
    account.completed.fetch_add(1);
  }
  account.ended.store(true);
}

Execution::Outcome Execution::Perform(const Op& op) {
  try {
    switch (op.what) {
      case Do::kSend:
        channels_[op.object].Send(1);
        break;
      case Do::kRecv:
        return channels_[op.object].Recv().has_value() ? Outcome::kDone : Outcome::kClosed;
      case Do::kClose:
        channels_[op.object].Close();
        break;
      case Do::kAdd:
        groups_[op.object].Add(1);
        break;
      case Do::kDone:
        groups_[op.object].Done();
        break;
      case Do::kWait:
        groups_[op.object].Wait();
        break;
      case Do::kYield:
        Gosched();
        break;
      default:
        PerformOnLock(op);
    }
  } catch (const Panic&) {
    return Outcome::kPanicked;
  }
  return Outcome::kDone;
}

void Execution::PerformOnLock(const Op& op) {
  RWMutex& rw_mutex = rw_mutexes_[op.object];
  const bool rw = program_.locks[op.object];
  switch (op.what) {
    case Do::kLock:
      return rw ? rw_mutex.Lock() : mutexes_[op.object].Lock();
    case Do::kUnlock:
      return rw ? rw_mutex.Unlock() : mutexes_[op.object].Unlock();
    case Do::kRLock:
      return rw_mutex.RLock();
    default:
      return rw_mutex.RUnlock();
  }
}

// --- What follows from the account -------------------------------------------

const Op* Execution::StuckAt(std::size_t goroutine) const {
  const Account& account = accounts_[goroutine];
  const std::size_t completed = account.completed.load();
  return account.begun.load() == completed ? nullptr : &program_.goroutines[goroutine][completed];
}

std::multiset<std::pair<std::string, bool>> Execution::Held(std::size_t goroutine) const {
  std::multiset<std::pair<std::string, bool>> held;
  const std::size_t completed = accounts_[goroutine].completed.load();
  for (std::size_t i = 0; i < completed; ++i) {
    const Op& op = program_.goroutines[goroutine][i];
    const bool shared = op.what == Do::kRLock || op.what == Do::kRUnlock;
    if (op.what == Do::kLock || op.what == Do::kRLock) held.emplace(op.ObjectName(), shared);
    if (op.what == Do::kUnlock || op.what == Do::kRUnlock) {
      held.erase(held.find({op.ObjectName(), shared}));
    }
  }
  return held;
}

int Execution::Happened(Do what, std::size_t object) const {
  int times = 0;
  for (std::size_t g = 0; g < accounts_.size(); ++g) {
    for (std::size_t i = 0; i < accounts_[g].completed.load(); ++i) {
      const Op& op = program_.goroutines[g][i];
      const bool done = accounts_[g].outcomes[i] == Outcome::kDone;
      times += done && op.what == what && op.object == object ? 1 : 0;
    }
  }
  return times;
}

int Execution::Elements(std::size_t channel) const {
  return Happened(Do::kSend, channel) - Happened(Do::kRecv, channel);
}

bool Execution::Closed(std::size_t channel) const { return Happened(Do::kClose, channel) != 0; }

int Execution::Count(std::size_t group) const {
  return program_.groups[group] + Happened(Do::kAdd, group) - Happened(Do::kDone, group);
}

bool Execution::SomebodyStandsIn(Do what, std::size_t object) const {
  for (std::size_t g = 0; g < accounts_.size(); ++g) {
    const Op* op = StuckAt(g);
    if (op != nullptr && op->what == what && op->object == object) return true;
  }
  return false;
}

bool Execution::IsHeld(std::size_t lock, bool shared) const {
  const std::string name = Op{Do::kLock, lock}.ObjectName();
  for (std::size_t g = 0; g < accounts_.size(); ++g) {
    if (Held(g).contains({name, shared})) return true;
  }
  return false;
}

bool Execution::CouldGoOn(std::size_t goroutine) const {
  const Op& op = *StuckAt(goroutine);
  const std::size_t object = op.object;
  switch (op.what) {
    case Do::kLock:
      return !IsHeld(object, false) && !IsHeld(object, true);
    case Do::kRLock:
      return !IsHeld(object, false) && !SomebodyStandsIn(Do::kLock, object);
    case Do::kSend:
      return Closed(object) || SomebodyStandsIn(Do::kRecv, object) ||
             Elements(object) < static_cast<int>(program_.capacities[object]);
    case Do::kRecv:
      return Closed(object) || SomebodyStandsIn(Do::kSend, object) || Elements(object) > 0;
    case Do::kWait:
      return Count(object) == 0;
    default:
      return true;
  }
}

}  // namespace gordian::testing
