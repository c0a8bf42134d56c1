#include "gordian/mutex.h"

#include "gordian/internal/fatal.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "gordian/internal/timers.h"

namespace gordian {

using internal::CallSite;
using internal::Recording;
using internal::Waiter;
using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

namespace {

constexpr std::uint64_t kStarvedNs = 1'000'000;
constexpr int kSpins = 4;  // looks, of some dozen nanoseconds each, before it parks
constexpr std::uintptr_t kHandedOver = 1;

void Pause() {
  for (int i = 0; i < 30; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }
}

std::uint64_t NowNs() { return static_cast<std::uint64_t>(internal::NowNs()); }

}  // namespace

Mutex::~Mutex() {
  if ((state_.load(std::memory_order_relaxed) & (kLocked | kWaiting)) != 0) [[unlikely]] {
    // A static lock may be in use for as long as the program lasts.
    if (internal::IsExiting()) return;
    if (ThreadLog* log = Recording()) {
      recorder::Observed(
          *log, origin_.In(*log, ObjectKind::kMutex), EventType::kMisuse, 0,
          {.operands = {static_cast<std::uint64_t>(trace::MisuseKind::kLockDestroyed)}});
    }
  }
  origin_.End();
}

bool Mutex::TryAcquire() {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & kLocked) == 0) {
    if (state_.compare_exchange_weak(state, state | kLocked, std::memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

void Mutex::LockSlow(CallSite site) {
  ThreadLog* log = Recording();
  if (!TryAcquire()) return LockContended(log, site);
  if (log != nullptr) {
    recorder::Ordered(*log, origin_.In(*log, ObjectKind::kMutex), EventType::kLock, site.In(*log));
  }
}

void Mutex::LockContended(ThreadLog* log, CallSite site) {
  const int spins = internal::MaySpin() ? kSpins : 0;
  for (int i = 0; i < spins; ++i) {
    Pause();
    if ((state_.load(std::memory_order_relaxed) & kWaiting) != 0) break;
    if (!TryAcquire()) continue;
    if (log == nullptr) return;
    return recorder::Ordered(*log, origin_.In(*log, ObjectKind::kMutex), EventType::kLock,
                             site.In(*log));
  }
  Waiter self(internal::CurrentTask());
  self.asked_ns = NowNs();
  self.to = "lock a Mutex";
  self.on = origin_.name();
  self.at = site.location();
  bool waited = false;
  for (;;) {
    lock_.Lock();
    // Once it has been woken, the next unlock may wake another, also where this one fails.
    state_.fetch_or(kWaiting, std::memory_order_relaxed);
    if (waited) state_.fetch_and(~kWoken, std::memory_order_relaxed);
    if (TryAcquire()) break;
    if (!waited && log != nullptr) {
      self.site = site.In(*log);
      recorder::Time(*log);
      recorder::Observed(*log, origin_.In(*log, ObjectKind::kMutex), EventType::kLockRequest,
                         self.site);
    }
    waited ? queue_.PushFront(self) : queue_.PushBack(self);
    try {
      internal::Park(self, &lock_);
    } catch (...) {
      internal::RecordUnwound(origin_.tracked());
      throw;
    }
    if (self.result == kHandedOver) return;
    waited = true;
  }
  if (queue_.empty()) state_.fetch_and(~kWaiting, std::memory_order_relaxed);
  lock_.Unlock();
  log = Recording();  // it may run on another thread now
  if (log != nullptr) {
    recorder::Ordered(*log, origin_.In(*log, ObjectKind::kMutex), EventType::kLock, site.In(*log));
  }
}

void Mutex::UnlockSlow(CallSite site) {
  ThreadLog* log = Recording();
  const trace::SiteId at = log != nullptr ? site.In(*log) : 0;
  if (!IsLocked()) {
    if (internal::CurrentTask().unwinding) return;
    if (log != nullptr) {
      recorder::Observed(
          *log, origin_.In(*log, ObjectKind::kMutex), EventType::kMisuse, at,
          {.operands = {static_cast<std::uint64_t>(trace::MisuseKind::kUnlockUnlocked)}});
    }
    internal::Fatal("unlock of an unlocked Mutex");
  }
  if (log != nullptr) {
    recorder::Ordered(*log, origin_.In(*log, ObjectKind::kMutex), EventType::kUnlock, at);
  }
  std::uint32_t held = kLocked;
  if (state_.compare_exchange_strong(held, 0, std::memory_order_release)) return;
  ReleaseContended(log);
}

// The step that lets others in touches the mutex last: whoever gets in may destroy it.
void Mutex::ReleaseContended(ThreadLog* log) {
  for (;;) {
    lock_.Lock();
    Waiter* first = queue_.front();
    if (first == nullptr) state_.fetch_and(~kWaiting, std::memory_order_relaxed);
    const std::uint32_t state = state_.load(std::memory_order_relaxed);
    const bool starved = first != nullptr && NowNs() - first->asked_ns > kStarvedNs;
    if (starved) return HandOver(log, *first);
    if (first != nullptr && (state & kWoken) == 0) {
      queue_.Remove(*first);
      state_.fetch_or(kWoken, std::memory_order_relaxed);
      lock_.Unlock();
      state_.fetch_and(~kLocked, std::memory_order_release);
      return internal::Wake(*first);
    }
    // Nobody to wake, or one is on its way: unless that changes meanwhile, simply let go.
    lock_.Unlock();
    std::uint32_t seen = state;
    if (state_.compare_exchange_strong(seen, state & ~kLocked, std::memory_order_release)) return;
  }
}

// Under lock_, which it releases.
void Mutex::HandOver(ThreadLog* log, Waiter& to) {
  queue_.Remove(to);
  to.result = kHandedOver;
  if (log != nullptr) {
    recorder::OrderedWide(*log, origin_.tracked(), EventType::kLock, to.site,
                          {.for_task = internal::IdOf(*to.task)});
  }
  if (queue_.empty()) state_.fetch_and(~kWaiting, std::memory_order_relaxed);
  lock_.Unlock();
  internal::Wake(to);
}

bool Mutex::TryLockAt(CallSite site) {
  schedule::Point(schedule::Op::kTryLock, this);
  const bool acquired = TryAcquire();
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Tracked& object = origin_.In(*log, ObjectKind::kMutex);
    if (acquired) {
      recorder::OrderedWide(*log, object, EventType::kLock, site.In(*log),
                            {.flags = trace::kFlagTry});
    } else {
      internal::RecordFailure(*log, object, EventType::kTryLockFail, site.In(*log),
                              object.version.load(std::memory_order_acquire));
    }
  }
  return acquired;
}

bool Mutex::TryLock(std::source_location at) { return TryLockAt(at); }

void Mutex::lock() {
  schedule::Point(schedule::Op::kLock, this);
  std::uint32_t free = 0;
  if (recorder::On() || !state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire))
      [[unlikely]] {
    LockSlow(CallSite::Above(__builtin_frame_address(0)));
  }
}

void Mutex::unlock() {
  schedule::Point(schedule::Op::kUnlock, this);
  std::uint32_t held = kLocked;
  if (recorder::On() || !state_.compare_exchange_strong(held, 0, std::memory_order_release))
      [[unlikely]] {
    UnlockSlow(CallSite::Above(__builtin_frame_address(0)));
  }
}

bool Mutex::try_lock() { return TryLockAt(CallSite::Above(__builtin_frame_address(0))); }

}  // namespace gordian
