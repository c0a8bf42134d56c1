#include "gordian/rwmutex.h"

#include "gordian/internal/fatal.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "instrument/schedule/point.h"

namespace gordian {

using internal::CallSite;
using internal::Waiter;
using recorder::ThreadLog;
using schedule::Op;
using trace::EventType;
using trace::ObjectKind;

RWMutex::~RWMutex() {
  const std::uint64_t state = state_.load(std::memory_order_relaxed);
  if (ThreadLog* log = internal::Recording(); log != nullptr && origin_.IsRegistered()) {
    if ((state & (kReaders | kWriter | kWaiting)) != 0) {
      if (internal::IsExiting()) return;  // a static lock, in use for as long as the program lasts
      RecordMisuse(log, trace::MisuseKind::kLockDestroyed, 0);
    }
    origin_.tracked().version.store(VersionOf(state), std::memory_order_relaxed);
  }
  origin_.End();
}

ThreadLog* RWMutex::Recorded() {
  ThreadLog* log = internal::Recording();
  if (log == nullptr || origin_.IsRegistered()) [[likely]]
    return log;
  // Nobody takes a version before the object is registered, and that is version 1.
  lock_.Lock();
  if (!origin_.IsRegistered()) {
    version_base_.store((state_.load(std::memory_order_relaxed) >> kVersionShift) - 1,
                        std::memory_order_relaxed);
    origin_.In(*log, ObjectKind::kRWMutex);
  }
  lock_.Unlock();
  return log;
}

void RWMutex::RecordFailed(ThreadLog* log, EventType type, CallSite site) {
  if (log == nullptr) [[likely]]
    return;
  internal::RecordFailure(*log, origin_.tracked(), type, site.In(*log),
                          VersionOf(state_.load(std::memory_order_acquire)));
}

void RWMutex::RecordMisuse(ThreadLog* log, trace::MisuseKind what, trace::SiteId site) {
  recorder::ObservedAt(*log, origin_.tracked(), EventType::kMisuse, site,
                       VersionOf(state_.load(std::memory_order_relaxed)),
                       {.operands = {static_cast<std::uint64_t>(what)}});
}

void RWMutex::Misused(ThreadLog* log, CallSite site, const char* message) {
  if (log != nullptr) RecordMisuse(log, trace::MisuseKind::kUnlockUnlocked, site.In(*log));
  internal::Fatal(message);
}

bool RWMutex::Try(std::uint64_t taken, std::uint64_t blocked_by, bool recorded,
                  std::uint64_t& after) {
  const std::uint64_t step = recorded ? kVersion : 0;
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while ((state & blocked_by) == 0) {
    after = state + taken + step;
    if (state_.compare_exchange_weak(state, after, std::memory_order_acquire)) return true;
  }
  return false;
}

void RWMutex::LockSlow(CallSite site) {
  ThreadLog* log = Recorded();
  std::uint64_t after = 0;
  if (!Try(kWriter, kReaders | kWriter | kWaiting, log != nullptr, after)) [[unlikely]] {
    return Wait(/*as_writer=*/true, site);
  }
  Record(log, EventType::kLock, site, after);
}

void RWMutex::RLockSlow(CallSite site) {
  ThreadLog* log = Recorded();
  std::uint64_t after = 0;
  if (!Try(1, kWriter | kWaiting, log != nullptr, after)) [[unlikely]] {
    return Wait(/*as_writer=*/false, site);
  }
  Record(log, EventType::kRLock, site, after);
}

void RWMutex::LockAt(CallSite site) {
  schedule::Point(Op::kLock, this);
  LockSlow(site);
}

void RWMutex::RLockAt(CallSite site) {
  schedule::Point(Op::kRLock, this);
  RLockSlow(site);
}

void RWMutex::UnlockAt(CallSite site) {
  schedule::Point(Op::kUnlock, this);
  UnlockSlow(site);
}

void RWMutex::RUnlockAt(CallSite site) {
  schedule::Point(Op::kRUnlock, this);
  RUnlockSlow(site);
}

bool RWMutex::TryLockAt(CallSite site) {
  schedule::Point(Op::kTryLock, this);
  ThreadLog* log = Recorded();
  std::uint64_t after = 0;
  const bool taken = Try(kWriter, kReaders | kWriter | kWaiting, log != nullptr, after);
  if (taken) {
    Record(log, EventType::kLock, site, after, trace::kFlagTry);
  } else {
    RecordFailed(log, EventType::kTryLockFail, site);
  }
  return taken;
}

bool RWMutex::TryRLockAt(CallSite site) {
  schedule::Point(Op::kTryRLock, this);
  ThreadLog* log = Recorded();
  std::uint64_t after = 0;
  const bool taken = Try(1, kWriter | kWaiting, log != nullptr, after);
  if (taken) {
    Record(log, EventType::kRLock, site, after, trace::kFlagTry);
  } else {
    RecordFailed(log, EventType::kTryRLockFail, site);
  }
  return taken;
}

void RWMutex::Wait(bool as_writer, CallSite site) {
  ThreadLog* log = Recorded();
  Waiter self(internal::CurrentTask());
  self.to = as_writer ? "lock an RWMutex" : "read-lock an RWMutex";
  self.on = origin_.name();
  self.at = site.location();
  lock_.Lock();
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t against = as_writer ? kReaders | kWriter : kWriter;
    const bool ours =
        (state & against) == 0 && writers_.empty() && (!as_writer || readers_.empty());
    const std::uint64_t step = log != nullptr ? kVersion : 0;
    const std::uint64_t rest = writers_.empty() && readers_.empty() ? state & ~kWaiting : state;
    const std::uint64_t after = ours ? rest + (as_writer ? kWriter : 1) + step : state | kWaiting;
    if (!state_.compare_exchange_weak(state, after, std::memory_order_acquire)) continue;
    if (!ours) break;
    Record(log, as_writer ? EventType::kLock : EventType::kRLock, site, after);
    return lock_.Unlock();
  }
  if (log != nullptr) {
    self.site = site.In(*log);
    recorder::Time(*log);
    recorder::ObservedAt(*log, origin_.tracked(),
                         as_writer ? EventType::kLockRequest : EventType::kRLockRequest, self.site,
                         VersionOf(state));
  }
  (as_writer ? writers_ : readers_).PushBack(self);
  try {
    internal::Park(self, &lock_);
  } catch (...) {
    internal::RecordUnwound(origin_.tracked());
    throw;
  }
}

void RWMutex::UnlockSlow(CallSite site) {
  ThreadLog* log = Recorded();
  const std::uint64_t step = log != nullptr ? kVersion : 0;
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  if ((state & kWriter) == 0) {
    if (internal::CurrentTask().unwinding) return;
    Misused(log, site, "unlock of an unlocked RWMutex");
  }
  // Nobody else takes a version while a writer holds it.
  Record(log, EventType::kUnlock, site, state + step);
  while ((state & kWaiting) == 0) {
    if (state_.compare_exchange_weak(state, state - kWriter + step, std::memory_order_release)) {
      return;
    }
  }
  lock_.Lock();
  state = state_.load(std::memory_order_relaxed);
  Grant(log, state - kWriter + step, /*readers_first=*/true);
}

void RWMutex::RUnlockSlow(CallSite site) {
  ThreadLog* log = Recorded();
  const std::uint64_t step = log != nullptr ? kVersion : 0;
  if ((state_.load(std::memory_order_relaxed) & kReaders) == 0) {
    if (internal::CurrentTask().unwinding) return;
    Misused(log, site, "unlock of an RWMutex that is not read-locked");
  }
  const trace::SiteId at = log != nullptr ? site.In(*log) : 0;
  const std::uint64_t after = state_.fetch_add(step - 1, std::memory_order_acq_rel) + step - 1;
  if (log != nullptr) [[unlikely]] {
    recorder::OrderedAt(*log, origin_.tracked(), EventType::kRUnlock, at, VersionOf(after));
  }
  if ((after & (kReaders | kWaiting)) != kWaiting) return;
  // The last reader, and somebody waits: only this task may let them in.
  lock_.Lock();
  Grant(log, state_.load(std::memory_order_relaxed), /*readers_first=*/false);
}

void RWMutex::Grant(ThreadLog* log, std::uint64_t state, bool readers_first) {
  if (!readers_.empty() && (readers_first || writers_.empty())) return GrantReaders(log, state);
  if (!writers_.empty()) return GrantWriter(log, state);
  lock_.Unlock();
  state_.store(state & ~kWaiting, std::memory_order_release);
}

void RWMutex::GrantWriter(ThreadLog* log, std::uint64_t state) {
  Waiter& writer = *writers_.PopFront();
  state += kWriter;
  if (log != nullptr) {
    state += kVersion;
    recorder::OrderedAt(*log, origin_.tracked(), EventType::kLock, writer.site, VersionOf(state),
                        {.for_task = internal::IdOf(*writer.task)});
  }
  if (writers_.empty() && readers_.empty()) state &= ~kWaiting;
  state_.store(state, std::memory_order_release);
  lock_.Unlock();
  internal::Wake(writer);
}

void RWMutex::GrantReaders(ThreadLog* log, std::uint64_t state) {
  Waiter* granted = nullptr;
  while (Waiter* reader = readers_.PopFront()) {
    ++state;
    if (log != nullptr) {
      state += kVersion;
      recorder::OrderedAt(*log, origin_.tracked(), EventType::kRLock, reader->site,
                          VersionOf(state), {.for_task = internal::IdOf(*reader->task)});
    }
    reader->next = granted;
    granted = reader;
  }
  if (writers_.empty()) state &= ~kWaiting;
  state_.store(state, std::memory_order_release);
  lock_.Unlock();
  while (granted != nullptr) {
    Waiter* reader = granted;
    granted = granted->next;
    internal::Wake(*reader);
  }
}

[[gnu::noinline]] void RWMutex::lock() { LockAt(CallSite::Above(__builtin_frame_address(0))); }
[[gnu::noinline]] void RWMutex::unlock() { UnlockAt(CallSite::Above(__builtin_frame_address(0))); }
[[gnu::noinline]] bool RWMutex::try_lock() {
  return TryLockAt(CallSite::Above(__builtin_frame_address(0)));
}
[[gnu::noinline]] void RWMutex::lock_shared() {
  RLockAt(CallSite::Above(__builtin_frame_address(0)));
}
[[gnu::noinline]] void RWMutex::unlock_shared() {
  RUnlockAt(CallSite::Above(__builtin_frame_address(0)));
}
[[gnu::noinline]] bool RWMutex::try_lock_shared() {
  return TryRLockAt(CallSite::Above(__builtin_frame_address(0)));
}

}  // namespace gordian
