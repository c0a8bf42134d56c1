// Programs that use the library and are compiled with the pass: plain variables between goroutines
// and threads, ordered by the library's primitives, by the standard's, or by nothing.
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gordian/gordian.h"
#include "tests/races/programs.h"

namespace {

using gordian::Chan;
using gordian::WaitGroup;

long data;
std::string text;

// `body(i)` in goroutines, all of them awaited.
template <typename Body>
void InGoroutines(int count, Body body) {
  WaitGroup done;
  for (int i = 0; i < count; ++i) done.Go([&body, i] { body(i); });
  done.Wait();
}

void PlainCounter() {
  InGoroutines(4, [](int) { data += 1; });
}

void CounterUnderAMutex() {
  gordian::Mutex mu;
  InGoroutines(4, [&](int) {
    for (int i = 0; i < 50; ++i) {
      mu.Lock();
      data += 1;
      mu.Unlock();
      if (i % 10 == 0) gordian::Gosched();
    }
  });
}

// The second access comes after the task has given way, maybe on another thread.
void CounterAroundASwitch() {
  InGoroutines(4, [](int i) {
    if (i == 0) data += 1;
    gordian::Gosched();
    if (i == 1) data += 1;
  });
}

void OwnVariableAroundSwitches() {
  gordian::Mutex mu;
  InGoroutines(8, [&](int) {
    long own = 0;
    long* at = &own;
    asm volatile("" : "+r"(at) : : "memory");
    for (int i = 0; i < 50; ++i) {
      *at += i;
      gordian::Gosched();
    }
    const std::lock_guard lock(mu);
    data += *at;
  });
}

void WritesUnderAReadLock() {
  gordian::RWMutex mu;
  InGoroutines(4, [&](int) {
    mu.RLock();
    data += 1;
    mu.RUnlock();
  });
}

void ReadsUnderAReadLock() {
  gordian::RWMutex mu;
  InGoroutines(4, [&](int i) {
    if (i == 0) {
      mu.Lock();
      data += 1;
      mu.Unlock();
    } else {
      mu.RLock();
      if (data > 1) std::abort();
      mu.RUnlock();
    }
  });
}

void SentThroughAChannel() {
  const Chan<std::unique_ptr<std::string>> lines(3);
  gordian::Go([lines] {
    for (int i = 0; i < 200; ++i) lines.Send(std::make_unique<std::string>(40, 'a'));
    lines.Close();
  });
  InGoroutines(3, [&](int) {
    for (std::unique_ptr<std::string> line : lines) (*line)[0] = 'b';
  });
}

void UsedAfterItWasSent() {
  const Chan<long*> values(1);
  gordian::Go([values] {
    auto* value = new long(1);
    values.Send(value);
    *value = 2;
  });
  long* value = *values.Recv();
  Pause();
  *value = 3;
  Pause();
}

void WrittenAfterTheSignal() {
  const Chan<int> signal(1);
  gordian::Go([signal] {
    signal.Send(1);
    data = 1;
  });
  signal.Recv();
  Pause();
  data = 2;
}

void WrittenBeforeTheSignal() {
  const Chan<int> signal(1);
  gordian::Go([signal] {
    data = 1;
    signal.Send(1);
  });
  signal.Recv();
  data = 2;
}

void OnceSeen() {
  gordian::Once once;
  InGoroutines(4, [&](int) {
    once.Do([] { data = 1; });
    if (data != 1) std::abort();
  });
}

void OnceNotAsked() {
  gordian::Once once;
  InGoroutines(4, [&](int i) {
    if (i == 0) {
      once.Do([] { data = 1; });
    } else if (data > 1) {
      std::abort();
    }
  });
}

struct Entry {
  std::string name;
  std::shared_ptr<long> value;
};

// What the library keeps under its own locks is its own business.
void Containers() {
  gordian::SyncMap<std::string, Entry> map;
  gordian::AtomicValue<Entry> latest;
  gordian::Pool<std::string> buffers([] { return std::string(100, 'x'); });
  InGoroutines(6, [&](int i) {
    for (int k = 0; k < 40; ++k) {
      const std::string key(30, static_cast<char>('a' + k % 5));
      map.Store(key, {key, std::make_shared<long>(i)});
      if (const std::optional<Entry> found = map.Load(key); found && *found->value < 0)
        std::abort();
      map.LoadOrStore(key, {key, std::make_shared<long>(i)});
      if (k % 7 == 0) map.Delete(key);
      latest.Store({key, std::make_shared<long>(k)});
      if (const std::optional<Entry> found = latest.Load(); found->name.empty()) std::abort();
      std::string buffer = buffers.Get();
      buffer += 'y';
      buffers.Put(std::move(buffer));
      gordian::Gosched();
    }
  });
}

// Stacks and blocks of goroutines that have ended are used again.
void ReusedStacks() {
  for (int round = 0; round < 30; ++round) {
    InGoroutines(10, [](int) {
      std::array<int, 16> own{};
      const Chan<int*> to_itself(1);
      to_itself.Send(own.data());
      int* at = *to_itself.Recv();
      at[3] += 1;
      gordian::Gosched();
      at[4] += 1;
    });
  }
}

void StandardMutexAcrossTasks() {
  std::mutex mutex;
  const auto add = [&] {
    for (int i = 0; i < 50; ++i) {
      const std::lock_guard lock(mutex);
      data += 1;
    }
  };
  std::thread plain(add);
  InGoroutines(4, [&](int) { add(); });
  plain.join();
}

void StandardConditionVariable() {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_set = false;
  std::thread setter([&] {
    const std::lock_guard lock(mutex);
    data = 1;
    is_set = true;
    changed.notify_one();
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_set; });
    data += 1;
  }
  setter.join();
}

void RelaxedFlag() {
  std::atomic<bool> is_set{false};
  gordian::Go([&] {
    data = 1;
    is_set.store(true, std::memory_order_relaxed);
  });
  while (!is_set.load(std::memory_order_relaxed)) gordian::Gosched();
  data += 1;
}

void ReleasedFlag() {
  std::atomic<bool> is_set{false};
  gordian::Go([&] {
    data = 1;
    is_set.store(true, std::memory_order_release);
  });
  while (!is_set.load(std::memory_order_acquire)) gordian::Gosched();
  data += 1;
}

void ThreadAndGoroutine() {
  std::thread plain([] { data += 1; });
  InGoroutines(1, [](int) { data += 1; });
  plain.join();
}

void ThreadThenGoroutine() {
  std::thread([] { data += 1; }).join();
  InGoroutines(1, [](int) { data += 1; });
}

void Captures() {
  for (int i = 0; i < 10; ++i) {
    const std::string line(100, 'x');
    InGoroutines(2, [line](int k) mutable { static_cast<void>(line.size() + k); });
  }
}

void CancelledContext() {
  auto [context, cancel] = gordian::WithCancel(gordian::Background());
  WaitGroup done;
  done.Go([&] {
    context.Done().Recv();
    data += 1;
  });
  data = 1;
  cancel();
  done.Wait();
}

constexpr Program kPrograms[] = {
    {"plain-counter", PlainCounter},
    {"counter-under-a-mutex", CounterUnderAMutex},
    {"counter-around-a-switch", CounterAroundASwitch},
    {"own-variable-around-switches", OwnVariableAroundSwitches},
    {"writes-under-a-read-lock", WritesUnderAReadLock},
    {"reads-under-a-read-lock", ReadsUnderAReadLock},
    {"used-after-it-was-sent", UsedAfterItWasSent},
    {"sent-through-a-channel", SentThroughAChannel},
    {"written-after-the-signal", WrittenAfterTheSignal},
    {"written-before-the-signal", WrittenBeforeTheSignal},
    {"once-not-asked", OnceNotAsked},
    {"once-seen", OnceSeen},
    {"containers", Containers},
    {"reused-stacks", ReusedStacks},
    {"standard-mutex-across-tasks", StandardMutexAcrossTasks},
    {"standard-condition-variable", StandardConditionVariable},
    {"relaxed-flag", RelaxedFlag},
    {"released-flag", ReleasedFlag},
    {"thread-and-goroutine", ThreadAndGoroutine},
    {"thread-then-goroutine", ThreadThenGoroutine},
    {"captures", Captures},
    {"cancelled-context", CancelledContext},
};

}  // namespace

int main(int argc, char** argv) { return RunProgram(kPrograms, argc == 2 ? argv[1] : ""); }
