// ThreadSanitizer's interface for locks of the program's own making, and the older annotations of
// read-write locks.
//
// What a program calls a mutex is a lock at that address. What it does inside to take it or to
// let it go, between the `pre_` and the `post_` of one step, is no concern of others, and left out.
#include <stdio.h>

#include <atomic>
#include <cstdint>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"

namespace gordian::interpose {
namespace {

// Flags of the interface; see clang's sanitizer/tsan_interface.h.
constexpr unsigned kStatic = 1 << 0;
constexpr unsigned kReentrant = 1 << 1;
constexpr unsigned kReadLock = 1 << 3;
constexpr unsigned kTry = 1 << 4;
constexpr unsigned kTryFailed = 1 << 5;
constexpr unsigned kRecursive = 1 << 6;

// What is annotated often has an atomic variable at its address, which is another object.
const void* LockKey(const void* address) { return KeyOf(address, KeySpace::kLock); }

// A lock of the program's own making may be taken for reading.
ObjectKind KindOf(unsigned flags) {
  return (flags & kReentrant) != 0 ? ObjectKind::kRecursiveMutex : ObjectKind::kRWMutexReaders;
}

Object* LockAt(const void* address, unsigned flags) {
  if (Object* known = Find(LockKey(address)); known != nullptr) return known;
  return FindOrMake(LockKey(address), KindOf(flags));
}

Mode ModeOf(unsigned flags) { return (flags & kReadLock) != 0 ? Mode::kShared : Mode::kExclusive; }

// The lock's inside begins, and ends.
void Enter() {
  ++t_thread.ignored.accesses;
  ++t_thread.ignored.order;
}
void Leave() {
  Ignored& ignored = t_thread.ignored;
  if (ignored.accesses != 0) --ignored.accesses;
  if (ignored.order != 0) --ignored.order;
}

void Made(const void* address, unsigned flags) {
  if (Recording recording; recording && (flags & kStatic) == 0) {
    MakeAnew(LockKey(address), KindOf(flags));
  }
}

// Whether it will have to wait is its own business: it does where the lock is known to be held.
void AskedFor(Caller caller, const void* address, unsigned flags) {
  Recording recording;
  if (!recording || (flags & kTry) != 0) return;
  Object* lock = LockAt(address, flags);
  if (lock == nullptr || lock->count.load(std::memory_order_relaxed) == 0) return;
  if (!recorder::IsRegistered(lock->tracked) || lock->kind == ObjectKind::kRecursiveMutex) return;
  LockRequested(recording, *lock, ModeOf(flags), SiteOf(recording, caller), /*timed=*/false);
  recording.thread().waits_inside = true;
}

void Taken(Caller caller, const void* address, unsigned flags) {
  t_thread.waits_inside = false;
  Recording recording(WaitIsOver::kNow);
  Object* lock = recording ? LockAt(address, flags) : nullptr;
  if (lock == nullptr) return;
  const trace::SiteId site = SiteOf(recording, caller);
  if ((flags & kTryFailed) != 0) {
    TryFailed(recording, *lock, ModeOf(flags), site);
  } else {
    LockedShared(recording, *lock, ModeOf(flags), site,
                 (flags & kTry) != 0 ? std::uint16_t{trace::kFlagTry} : std::uint16_t{0});
  }
}

void Given(Caller caller, const void* address, unsigned flags) {
  Recording recording;
  Object* lock = recording ? LockAt(address, flags) : nullptr;
  if (lock == nullptr) return;
  UnlockingShared(recording, *lock, ModeOf(flags), SiteOf(recording, caller));
}

void Ended(Caller caller, const void* address) {
  Recording recording;
  if (!recording) return;
  if (Object* object = Find(LockKey(address))) EndObject(*object, SiteOf(recording, caller));
}

void TellOfCheck() {
  static std::atomic<bool> told{false};
  if (!recorder::On() || told.exchange(true, std::memory_order_relaxed)) return;
  dprintf(2,
          "gordian: __tsan_check_no_mutexes_held checks nothing: who holds what is in the trace\n");
}

const void* Pointer(unsigned long address) { return reinterpret_cast<const void*>(address); }

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

// Static ones never end, and one that is known already goes on.
GORDIAN_ENTRY void __tsan_mutex_create(void* address, unsigned flags) { Made(address, flags); }
GORDIAN_ENTRY void __tsan_mutex_destroy(void* address, unsigned) {
  Ended(GORDIAN_CALLER(), address);
}
GORDIAN_ENTRY void __tsan_mutex_pre_lock(void* address, unsigned flags) {
  AskedFor(GORDIAN_CALLER(), address, flags);
  Enter();
}
GORDIAN_ENTRY void __tsan_mutex_post_lock(void* address, unsigned flags, int recursion) {
  Leave();
  const int times = (flags & kRecursive) != 0 ? recursion : 1;
  for (int i = 0; i < times; ++i) Taken(GORDIAN_CALLER(), address, flags);
}
GORDIAN_ENTRY int __tsan_mutex_pre_unlock(void* address, unsigned flags) {
  Given(GORDIAN_CALLER(), address, flags);
  Enter();
  return 0;
}
GORDIAN_ENTRY void __tsan_mutex_post_unlock(void*, unsigned) { Leave(); }
GORDIAN_ENTRY void __tsan_mutex_pre_signal(void*, unsigned) { Enter(); }
GORDIAN_ENTRY void __tsan_mutex_post_signal(void*, unsigned) { Leave(); }
GORDIAN_ENTRY void __tsan_check_no_mutexes_held() { TellOfCheck(); }
// Out of the lock's inside, for a call of the program's, and back.
GORDIAN_ENTRY void __tsan_mutex_pre_divert(void*, unsigned) { Leave(); }
GORDIAN_ENTRY void __tsan_mutex_post_divert(void*, unsigned) { Enter(); }

GORDIAN_ENTRY void AnnotateRWLockCreate(const char*, int, unsigned long address) {
  Made(Pointer(address), 0);
}
GORDIAN_ENTRY void AnnotateRWLockCreateStatic(const char*, int, unsigned long) {}
GORDIAN_ENTRY void AnnotateRWLockDestroy(const char*, int, unsigned long address) {
  Ended(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void AnnotateRWLockAcquired(const char*, int, unsigned long address,
                                          unsigned long is_write) {
  Taken(GORDIAN_CALLER(), Pointer(address), is_write != 0 ? 0 : kReadLock);
}
GORDIAN_ENTRY void AnnotateRWLockReleased(const char*, int, unsigned long address,
                                          unsigned long is_write) {
  Given(GORDIAN_CALLER(), Pointer(address), is_write != 0 ? 0 : kReadLock);
}

}  // extern "C"
