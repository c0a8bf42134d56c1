// What orders the accesses, or fails to.
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>

#include "tests/races/programs.h"

namespace {

long data;
thread_local volatile long sink;  // each thread's own
std::atomic<int> ready{0};
std::mutex mutex;

template <std::memory_order kStore, std::memory_order kLoad>
void Publish() {
  Both(
      [] {
        data = 1;
        ready.store(1, kStore);
      },
      [] {
        while (ready.load(kLoad) == 0) std::this_thread::yield();
        sink = data;
      });
}

void RelaxedFlag() { Publish<std::memory_order_relaxed, std::memory_order_relaxed>(); }
void ReleasedFlag() { Publish<std::memory_order_release, std::memory_order_acquire>(); }

void FencedFlag() {
  Both(
      [] {
        data = 1;
        std::atomic_thread_fence(std::memory_order_release);
        ready.store(1, std::memory_order_relaxed);
      },
      [] {
        while (ready.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        std::atomic_thread_fence(std::memory_order_acquire);
        sink = data;
      });
}

// A relaxed store begins a sequence that passes nothing on, also where its thread has released.
void OverwrittenByItself() {
  Both(
      [] {
        data = 1;
        ready.store(1, std::memory_order_release);
        ready.store(2, std::memory_order_relaxed);
      },
      [] {
        while (ready.load(std::memory_order_relaxed) != 2) std::this_thread::yield();
        if (ready.load(std::memory_order_acquire) == 2) sink = data;
      });
}

// A third one takes the flag on to 2, and a fourth waits for that: what it has seen on the way
// orders nothing.
template <typename TakeOn>
void HandedOn(TakeOn take_on) {
  std::thread third([=] {
    while (ready.load(std::memory_order_relaxed) != 1) std::this_thread::yield();
    take_on();
  });
  Both(
      [] {
        data = 1;
        ready.store(1, std::memory_order_release);
      },
      [] {
        while (ready.load(std::memory_order_relaxed) != 2) std::this_thread::yield();
        if (ready.load(std::memory_order_acquire) == 2) sink = data;
      });
  third.join();
}

void OverwrittenByAnother() {
  HandedOn([] { ready.store(2, std::memory_order_relaxed); });
}
void CountedOnByAnother() {
  HandedOn([] { ready.fetch_add(1, std::memory_order_relaxed); });
}

volatile int volatile_flag = 0;

// A volatile variable is no atomic one.
void VolatileFlag() {
  Both([] { volatile_flag = 1; }, [] { sink = volatile_flag; });
}

// A count of owners: the last one reads what the others wrote.
template <std::memory_order kOrder>
void CountedDown() {
  static std::atomic<int> owners{2};
  static long written[2];
  const auto let_go = [](int who) {
    written[who] = 1;
    if (owners.fetch_sub(1, kOrder) == 1) sink = written[0] + written[1];
  };
  Both([=] { let_go(0); },
       [=] {
         Pause(20);
         let_go(1);
       });
}

void CountedDownAcquireRelease() { CountedDown<std::memory_order_acq_rel>(); }
void CountedDownRelaxed() { CountedDown<std::memory_order_relaxed>(); }

void ExchangedByCompare() {
  static std::atomic<bool> locked{false};
  const auto add = [] {
    bool expected = false;
    while (!locked.compare_exchange_weak(expected, true, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
      expected = false;
      std::this_thread::yield();
    }
    data += 1;
    locked.store(false, std::memory_order_release);
  };
  Both(add, add);
}

struct Settings {
  long value = 42;
};
Settings* settings = nullptr;
std::atomic<Settings*> atomic_settings{nullptr};

void CheckedTwicePlain() {
  const auto use = [] {
    if (settings == nullptr) {
      std::lock_guard lock(mutex);
      if (settings == nullptr) settings = new Settings;
    }
    sink = settings->value;
  };
  Both(use, [=] {
    Pause(60);
    use();
  });
}

void CheckedTwiceAtomic() {
  const auto use = [] {
    Settings* seen = atomic_settings.load(std::memory_order_acquire);
    if (seen == nullptr) {
      std::lock_guard lock(mutex);
      seen = atomic_settings.load(std::memory_order_relaxed);
      if (seen == nullptr) {
        seen = new Settings;
        atomic_settings.store(seen, std::memory_order_release);
      }
    }
    sink = seen->value;
  };
  Both(use, [=] {
    Pause(60);
    use();
  });
}

const Settings& LocalStatic() {
  static const Settings* made = [] {
    auto* fresh = new Settings;
    fresh->value = static_cast<long>(std::this_thread::get_id() == std::thread::id());
    return fresh;
  }();
  return *made;
}

void FunctionLocalStatic() {
  const auto use = [] { sink = LocalStatic().value; };
  std::thread late([=] {
    Pause(40);
    use();
  });
  Both(use, use);
  late.join();
}

void CallOnce() {
  static std::once_flag once;
  const auto use = [] {
    std::call_once(once, [] { data = 5; });
    static_cast<void>(data == 5);
    if (data != 5) std::abort();
  };
  Both(use, use);
}

void AsyncResult() {
  auto result = std::async(std::launch::async, [] {
    data = 3;
    return std::make_unique<long>(4);
  });
  sink = *result.get() + data;
}

void Latch() {
  static std::latch open{1};
  Both(
      [] {
        data = 1;
        open.count_down();
      },
      [] {
        open.wait();
        sink = data;
      });
}

void Barrier() {
  static std::barrier both{2};
  Both(
      [] {
        data = 1;
        both.arrive_and_wait();
      },
      [] {
        both.arrive_and_wait();
        sink = data;
      });
}

void Semaphore() {
  static std::binary_semaphore full{0};
  Both(
      [] {
        data = 1;
        full.release();
      },
      [] {
        full.acquire();
        sink = data;
      });
}

void ConditionVariable() {
  static std::condition_variable changed;
  static bool is_set = false;
  Both(
      [] {
        std::lock_guard lock(mutex);
        data = 1;
        is_set = true;
        changed.notify_one();
      },
      [] {
        std::unique_lock lock(mutex);
        changed.wait(lock, [] { return is_set; });
        sink = data;
      });
}

std::shared_mutex shared;

void WritesUnderAReadLock() {
  const auto add = [] {
    std::shared_lock lock(shared);
    data += 1;
  };
  Both(add, add);
}

void WritesUnderAWriteLock() {
  const auto add = [] {
    std::unique_lock lock(shared);
    data += 1;
  };
  Both(add, add);
}

// Guarded by two different locks is guarded by none.
void TwoLocks() {
  static std::mutex other;
  Both(
      [] {
        std::lock_guard lock(mutex);
        data += 1;
      },
      [] {
        std::lock_guard lock(other);
        data += 1;
      });
}

void AtomicAndPlain() {
  static long word = 0;
  Both([] { std::atomic_ref(word).fetch_add(1); }, [] { sink = word; });
}

void SharedPointers() {
  auto owner = std::make_shared<long>(1);
  std::thread one([copy = owner] { sink = *copy; });
  std::thread two([copy = owner] { sink = *copy; });
  owner.reset();
  one.join();
  two.join();
}

constexpr Program kPrograms[] = {
    {"relaxed-flag", RelaxedFlag},
    {"released-flag", ReleasedFlag},
    {"fenced-flag", FencedFlag},
    {"overwritten-by-itself", OverwrittenByItself},
    {"overwritten-by-another", OverwrittenByAnother},
    {"counted-on-by-another", CountedOnByAnother},
    {"volatile-flag", VolatileFlag},
    {"counted-down-acquire-release", CountedDownAcquireRelease},
    {"counted-down-relaxed", CountedDownRelaxed},
    {"exchanged-by-compare", ExchangedByCompare},
    {"checked-twice-plain", CheckedTwicePlain},
    {"checked-twice-atomic", CheckedTwiceAtomic},
    {"function-local-static", FunctionLocalStatic},
    {"call-once", CallOnce},
    {"async-result", AsyncResult},
    {"latch", Latch},
    {"barrier", Barrier},
    {"semaphore", Semaphore},
    {"condition-variable", ConditionVariable},
    {"writes-under-a-read-lock", WritesUnderAReadLock},
    {"writes-under-a-write-lock", WritesUnderAWriteLock},
    {"two-locks", TwoLocks},
    {"atomic-and-plain", AtomicAndPlain},
    {"shared-pointers", SharedPointers},
};

}  // namespace

std::span<const Program> OrderPrograms() { return kPrograms; }
