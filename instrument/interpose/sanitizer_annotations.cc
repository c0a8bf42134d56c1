// ThreadSanitizer's interface for programs that say themselves what synchronises, and the older
// Annotate* functions.
//
// What a program calls a mutex is a lock at that address; `acquire` and `release` pass on what was
// done before. Fibers share their thread's task: they run one after the other on it, and what a
// switch orders is then ordered by the task itself.
#include <cstdint>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"

namespace gordian::interpose {
namespace {

// Flags of the interface; see clang's sanitizer/tsan_interface.h.
constexpr unsigned kReentrant = 1 << 1;
constexpr unsigned kReadLock = 1 << 3;
constexpr unsigned kTry = 1 << 4;
constexpr unsigned kTryFailed = 1 << 5;

// What is annotated often has an atomic variable at its address, which is another object.
const void* LockKey(const void* address) { return KeyOf(address, KeySpace::kLock); }
const void* OrderKey(const void* address) { return KeyOf(address, KeySpace::kOrder); }

void Release(Caller caller, const void* address) {
  Recording recording;
  if (!recording) return;
  Object* object = FindOrMake(OrderKey(address), ObjectKind::kCustom);
  if (object == nullptr) return;
  Step(recording, *object, trace::EventType::kHbRelease, SiteOf(recording, caller));
}

void Acquire(Caller caller, const void* address) {
  Recording recording(Epoch::kGoesOn);
  if (!recording) return;
  const Object* object = Find(OrderKey(address));
  if (object == nullptr || !recorder::IsRegistered(object->tracked)) return;
  recorder::Observed(recording.log(), object->tracked, trace::EventType::kHbAcquire,
                     SiteOf(recording, caller));
}

// A lock of the program's own making may be taken for reading.
Object* LockAt(const void* address, unsigned flags) {
  if (Object* known = Find(LockKey(address)); known != nullptr) return known;
  return FindOrMake(LockKey(address), (flags & kReentrant) != 0 ? ObjectKind::kRecursiveMutex
                                                                : ObjectKind::kRWMutexReaders);
}

Mode ModeOf(unsigned flags) { return (flags & kReadLock) != 0 ? Mode::kShared : Mode::kExclusive; }

void TakenByAnnotation(Caller caller, const void* address, unsigned flags) {
  Recording recording;
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

void GivenByAnnotation(Caller caller, const void* address, unsigned flags) {
  Recording recording;
  Object* lock = recording ? LockAt(address, flags) : nullptr;
  if (lock == nullptr) return;
  UnlockingShared(recording, *lock, ModeOf(flags), SiteOf(recording, caller));
}

void EndByAnnotation(Caller caller, const void* address) {
  Recording recording;
  if (!recording) return;
  if (Object* object = Find(LockKey(address))) EndObject(*object, SiteOf(recording, caller));
}

const void* Pointer(unsigned long address) { return reinterpret_cast<const void*>(address); }

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY void __tsan_acquire(void* address) { Acquire(GORDIAN_CALLER(), address); }
GORDIAN_ENTRY void __tsan_release(void* address) { Release(GORDIAN_CALLER(), address); }

// A lock needs no making: its first use does. Static ones never end.
GORDIAN_ENTRY void __tsan_mutex_create(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_destroy(void* address, unsigned) {
  EndByAnnotation(GORDIAN_CALLER(), address);
}
GORDIAN_ENTRY void __tsan_mutex_pre_lock(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_post_lock(void* address, unsigned flags, int) {
  TakenByAnnotation(GORDIAN_CALLER(), address, flags);
}
GORDIAN_ENTRY int __tsan_mutex_pre_unlock(void* address, unsigned flags) {
  GivenByAnnotation(GORDIAN_CALLER(), address, flags);
  return 0;
}
GORDIAN_ENTRY void __tsan_mutex_post_unlock(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_pre_signal(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_post_signal(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_pre_divert(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_mutex_post_divert(void*, unsigned) {}

GORDIAN_ENTRY void* __tsan_get_current_fiber() { return &t_thread; }
GORDIAN_ENTRY void* __tsan_create_fiber(unsigned) { return &t_thread; }
GORDIAN_ENTRY void __tsan_destroy_fiber(void*) {}
GORDIAN_ENTRY void __tsan_switch_to_fiber(void*, unsigned) {}
GORDIAN_ENTRY void __tsan_set_fiber_name(void*, const char*) {}

GORDIAN_ENTRY void AnnotateHappensBefore(const char*, int, unsigned long address) {
  Release(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void AnnotateHappensAfter(const char*, int, unsigned long address) {
  Acquire(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void AnnotateRWLockCreate(const char*, int, unsigned long) {}
GORDIAN_ENTRY void AnnotateRWLockCreateStatic(const char*, int, unsigned long) {}
GORDIAN_ENTRY void AnnotateRWLockDestroy(const char*, int, unsigned long address) {
  EndByAnnotation(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void AnnotateRWLockAcquired(const char*, int, unsigned long address,
                                          unsigned long is_write) {
  TakenByAnnotation(GORDIAN_CALLER(), Pointer(address), is_write != 0 ? 0 : kReadLock);
}
GORDIAN_ENTRY void AnnotateRWLockReleased(const char*, int, unsigned long address,
                                          unsigned long is_write) {
  GivenByAnnotation(GORDIAN_CALLER(), Pointer(address), is_write != 0 ? 0 : kReadLock);
}

}  // extern "C"
