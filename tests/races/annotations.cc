// What a program says of itself: locks of its own making, what orders, what is meant to race.
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdlib>

#include "tests/races/programs.h"

extern "C" {
void AnnotateHappensBefore(const char* file, int line, const volatile void* address);
void AnnotateHappensAfter(const char* file, int line, const volatile void* address);
void AnnotateRWLockAcquired(const char* file, int line, const volatile void* lock, long is_write);
void AnnotateRWLockReleased(const char* file, int line, const volatile void* lock, long is_write);
void AnnotateBenignRaceSized(const char* file, int line, const volatile void* address, size_t bytes,
                             const char* why);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}

namespace {

long data;
thread_local volatile long sink;  // each thread's own

// Relaxed on purpose: that it orders, only its annotations say.
class Lock {
 public:
  explicit Lock(unsigned flags = 0) : flags_(flags) { __tsan_mutex_create(this, flags); }
  ~Lock() { __tsan_mutex_destroy(this, flags_); }

  void Take() {
    __tsan_mutex_pre_lock(this, flags_);
    while (taken_.exchange(true, std::memory_order_relaxed)) {
      taken_.wait(true, std::memory_order_relaxed);
    }
    __tsan_mutex_post_lock(this, flags_, 0);
  }
  void Give() {
    __tsan_mutex_pre_unlock(this, flags_);
    taken_.store(false, std::memory_order_relaxed);
    taken_.notify_one();
    __tsan_mutex_post_unlock(this, flags_);
  }

 private:
  const unsigned flags_;
  std::atomic<bool> taken_{false};
};

void AnnotatedLock() {
  static Lock lock;
  const auto add = [] {
    lock.Take();
    ++data;
    lock.Give();
  };
  Both(add, add);
}

void TwoAnnotatedLocks() {
  static Lock first, second;
  Both(
      [] {
        first.Take();
        ++data;
        first.Give();
      },
      [] {
        second.Take();
        ++data;
        second.Give();
      });
}

// What the lock does inside orders nothing, however strong it is.
void InsideOfAnotherLock() {
  static std::atomic<int> inside{0};
  static Lock locks[2];
  const auto add = [](Lock& lock) {
    __tsan_mutex_pre_lock(&lock, 0);
    inside.fetch_add(1, std::memory_order_seq_cst);
    __tsan_mutex_post_lock(&lock, 0, 0);
    ++data;
    __tsan_mutex_pre_unlock(&lock, 0);
    inside.fetch_add(1, std::memory_order_seq_cst);
    __tsan_mutex_post_unlock(&lock, 0);
  };
  Both([=] { add(locks[0]); }, [=] { add(locks[1]); });
}

// Each takes one and asks for the other's: for ever.
void AnnotatedLocksCrosswise() {
  static Lock first, second;
  static std::atomic<int> taken{0};
  const auto take = [](Lock& one, Lock& other) {
    one.Take();
    ++taken;
    while (taken < 2) std::this_thread::yield();
    other.Take();
  };
  Both([=] { take(first, second); }, [=] { take(second, first); });
}

template <long kSecondWrites>
void AnnotatedReadLock() {
  static int lock;
  const auto inside = [](long is_write, bool writes) {
    AnnotateRWLockAcquired(__FILE__, __LINE__, &lock, is_write);
    writes ? void(++data) : void(sink = data);
    AnnotateRWLockReleased(__FILE__, __LINE__, &lock, is_write);
  };
  // One after the other in time; two readers are not ordered by that.
  static std::atomic<bool> done{false};
  Both(
      [=] {
        inside(0, false);
        done.store(true, std::memory_order_relaxed);
      },
      [=] {
        while (!done.load(std::memory_order_relaxed)) std::this_thread::yield();
        inside(kSecondWrites, true);
      });
}

template <bool kTellsBefore>
void ToldOrder() {
  static std::atomic<bool> ready{false};
  Both(
      [] {
        data = 1;
        if (kTellsBefore) AnnotateHappensBefore(__FILE__, __LINE__, &ready);
        ready.store(true, std::memory_order_relaxed);
        if (!kTellsBefore) AnnotateHappensBefore(__FILE__, __LINE__, &data);
      },
      [] {
        while (!ready.load(std::memory_order_relaxed)) std::this_thread::yield();
        AnnotateHappensAfter(__FILE__, __LINE__, &ready);
        sink = data;
      });
}

void AcquiredAndReleased() {
  static std::atomic<bool> ready{false};
  Both(
      [] {
        data = 1;
        __tsan_release(&ready);
        ready.store(true, std::memory_order_relaxed);
      },
      [] {
        while (!ready.load(std::memory_order_relaxed)) std::this_thread::yield();
        __tsan_acquire(&ready);
        sink = data;
      });
}

void MeantToRace() {
  static long counters[4];
  AnnotateBenignRaceSized(__FILE__, __LINE__, &counters[1], 2 * sizeof(long), "statistics");
  const auto count = [] {
    ++counters[1];
    ++counters[2];
  };
  Both(count, count);
}

void BesideWhatIsMeantToRace() {
  static long counters[4];
  AnnotateBenignRaceSized(__FILE__, __LINE__, &counters[1], 2 * sizeof(long), "statistics");
  Both([] { ++counters[3]; }, [] { ++counters[3]; });
}

// What lies there later is another variable.
void MeantToRaceUntilFreed() {
  auto* volatile before = static_cast<long*>(std::malloc(64));
  AnnotateBenignRaceSized(__FILE__, __LINE__, before, 64, "statistics");
  std::free(before);
  static long* now;
  now = static_cast<long*>(std::malloc(64));
  Both([] { ++*now; }, [] { ++*now; });
  std::free(now);
}

void IgnoredWrites() {
  Both(
      [] {
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
        ++data;
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
      },
      [] { ++data; });
}

void AfterIgnoredWrites() {
  Both(
      [] {
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
        ++data;
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
        ++data;
      },
      [] { ++data; });
}

void IgnoredOrder() {
  static std::atomic<bool> ready{false};
  Both(
      [] {
        data = 1;
        AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
        ready.store(true, std::memory_order_release);
        AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
      },
      [] {
        while (!ready.load(std::memory_order_acquire)) std::this_thread::yield();
        sink = data;
      });
}

template <bool kSecondWrites>
void ExternalObject() {
  static long object;
  static void* const tag = __tsan_external_register_tag("a table");
  const auto use = [](bool writes) {
    writes ? __tsan_external_write(&object, nullptr, tag)
           : __tsan_external_read(&object, nullptr, tag);
  };
  Both([=] { use(false); }, [=] { use(kSecondWrites); });
}

constexpr Program kPrograms[] = {
    {"annotated-lock", AnnotatedLock},
    {"two-annotated-locks", TwoAnnotatedLocks},
    {"inside-of-another-lock", InsideOfAnotherLock},
    {"annotated-locks-crosswise", AnnotatedLocksCrosswise},
    {"writes-under-an-annotated-read-lock", AnnotatedReadLock<0>},
    {"writes-under-an-annotated-write-lock", AnnotatedReadLock<1>},
    {"told-order", ToldOrder<true>},
    {"told-too-late", ToldOrder<false>},
    {"acquired-and-released", AcquiredAndReleased},
    {"meant-to-race", MeantToRace},
    {"beside-what-is-meant-to-race", BesideWhatIsMeantToRace},
    {"meant-to-race-until-freed", MeantToRaceUntilFreed},
    {"ignored-writes", IgnoredWrites},
    {"after-ignored-writes", AfterIgnoredWrites},
    {"ignored-order", IgnoredOrder},
    {"external-object-read-and-written", ExternalObject<true>},
    {"external-object-read-twice", ExternalObject<false>},
};

}  // namespace

std::span<const Program> AnnotationPrograms() { return kPrograms; }
