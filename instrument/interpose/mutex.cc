// A free mutex is taken by a try, so that a request is written only where it blocks. The C library
// keeps the owner in the mutex: what is unlocked without being locked, or by another thread, is
// seen there. The object's name lies in the links of its robust list, which only robust mutexes
// use; every initialiser, also the one that is never called, clears them.
#include "instrument/interpose/mutex.h"

#include <errno.h>

#include <cstddef>

#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

using Mutex = pthread_mutex_t;

constinit Next<int(Mutex*)> g_destroy{"pthread_mutex_destroy"};
constinit Next<int(Mutex*)> g_lock{"pthread_mutex_lock"};
constinit Next<int(Mutex*)> g_trylock{"pthread_mutex_trylock"};
constinit Next<int(Mutex*, const timespec*)> g_timedlock{"pthread_mutex_timedlock"};
constinit Next<int(Mutex*, clockid_t, const timespec*)> g_clocklock{"pthread_mutex_clocklock"};
constinit Next<int(Mutex*)> g_unlock{"pthread_mutex_unlock"};

// In __kind; see the C library's internal header of mutexes.
constexpr int kTypeMask = 3;
constexpr int kRobust = 16;
constexpr int kProcessShared = 128;

static_assert(sizeof(Mutex) == 40 && offsetof(Mutex, __data.__list) == 24,
              "the spare words of the C library's mutex have moved");

bool IsShared(const Mutex* mutex) { return (mutex->__data.__kind & kProcessShared) != 0; }

ObjectKind KindOf(const Mutex* mutex) {
  return (mutex->__data.__kind & kTypeMask) == PTHREAD_MUTEX_RECURSIVE ? ObjectKind::kRecursiveMutex
                                                                       : ObjectKind::kMutex;
}

SpareWord& WordOf(Mutex* mutex) {
  return reinterpret_cast<SpareWord&>(mutex->__data.__list.__next);
}

bool HasWord(const Mutex* mutex) {
  return (mutex->__data.__kind & (kRobust | kProcessShared)) == 0;
}

Object* ObjectOf(Mutex* mutex) {
  const ObjectKind kind = KindOf(mutex);
  return HasWord(mutex) ? FindByWord(WordOf(mutex), mutex, kind) : FindOrMake(mutex, kind);
}

bool IsAcquired(int error) { return error == 0 || error == EOWNERDEAD; }

// A robust mutex whose holder has died goes on to the next, who is told.
void Acquired(Recording& recording, Object& object, trace::SiteId site, int error,
              std::uint16_t flags = 0) {
  if (error == EOWNERDEAD) HolderDied(recording, object, site);
  Locked(recording, object, site, flags);
}

// Gets the mutex by `block`, which may wait; `timed`: not for ever.
int LockBlocking(Caller caller, Mutex* mutex, bool timed, FunctionRef<int()> block) {
  // Another process may let go of what processes share: such a wait is none that we know.
  bool asked = false;
  if (Recording recording; recording && !IsShared(mutex)) {
    if (Object* object = ObjectOf(mutex)) {
      const trace::SiteId site = SiteOf(recording, caller);
      LockRequested(recording, *object, Mode::kExclusive, site, timed);
      asked = true;
    }
  }
  const int error = block();
  Recording recording(WaitIsOver::kNow);
  Object* object = recording ? ObjectOf(mutex) : nullptr;
  if (object == nullptr) return error;
  const trace::SiteId site = SiteOf(recording, caller);
  if (IsAcquired(error)) {
    Acquired(recording, *object, site, error, TimedFlag(timed));
  } else if (asked) {
    WaitEnded(recording, *object, site,
              error == ETIMEDOUT ? trace::WaitEndReason::kTimeout : trace::WaitEndReason::kGaveUp);
  }
  return error;
}

// True where the mutex was free and is ours now.
[[gnu::always_inline]] inline bool TakeFree(Caller caller, Mutex* mutex, bool timed, int& error) {
  error = g_trylock(mutex);
  if (!IsAcquired(error)) return false;
  if (Recording recording(Epoch::kGoesOn); recording) {
    if (Object* object = ObjectOf(mutex)) {
      Acquired(recording, *object, SiteOf(recording, caller), error, TimedFlag(timed));
    }
  }
  return true;
}

// Errorcheck, recursive and robust mutexes refuse what normal ones allow.
bool Refuses(const Mutex* mutex) {
  const int kind = mutex->__data.__kind;
  const int type = kind & kTypeMask;
  return type == PTHREAD_MUTEX_RECURSIVE || type == PTHREAD_MUTEX_ERRORCHECK ||
         (kind & kRobust) != 0;
}

// A host's task may change its thread while it holds the mutex.
bool HoldsOnAnotherThread(const Recording& recording, const Object& object) {
  return recorder::IsGuest() && object.holder.load(std::memory_order_relaxed) == recording.task();
}

// What is wrong with unlocking it now, if anything.
bool IsMisuse(const Recording& recording, const Mutex* mutex, const Object& object,
              trace::MisuseKind& what) {
  const int owner = mutex->__data.__owner;
  if (owner == recording.thread().os_thread) [[likely]]
    return false;
  if (HoldsOnAnotherThread(recording, object)) return false;
  what = mutex->__data.__lock == 0 ? trace::MisuseKind::kUnlockUnlocked
                                   : trace::MisuseKind::kUnlockNotOwner;
  // An owner that is not known may be a child's that forked while it held the lock.
  return mutex->__data.__lock == 0 || owner != 0;
}

void RecordUnlock(Caller caller, Mutex* mutex) {
  Recording recording;
  Object* object = recording ? ObjectOf(mutex) : nullptr;
  if (object == nullptr) return;
  const trace::SiteId site = SiteOf(recording, caller);
  trace::MisuseKind what{};
  if (!IsShared(mutex) && IsMisuse(recording, mutex, *object, what)) [[unlikely]] {
    Misused(recording, *object, what, site);
    if (what == trace::MisuseKind::kUnlockUnlocked || Refuses(mutex)) return;
  }
  Unlocking(recording, *object, site);
}

}  // namespace

void MutexInitialised(Mutex* mutex) {
  // One with a spare word is known by it: the initialisation has cleared it.
  if (Recording recording; recording && !HasWord(mutex)) MakeAnew(mutex, KindOf(mutex));
}

int DestroyMutex(Caller caller, Mutex* mutex) {
  Object* object = nullptr;
  if (Recording recording; recording) {
    object = Find(mutex);
    if (object != nullptr && (mutex->__data.__lock != 0 || mutex->__data.__nusers != 0)) {
      Misused(recording, *object, trace::MisuseKind::kLockDestroyed, SiteOf(recording, caller));
    }
  }
  const bool has_word = HasWord(mutex);
  const int error = g_destroy(mutex);
  if (error != 0 || object == nullptr) return error;
  if (Recording recording; recording) {
    EndObject(*object, SiteOf(recording, caller));
    if (has_word) WordOf(mutex).store(0, std::memory_order_relaxed);
  }
  return error;
}

int LockMutex(Caller caller, Mutex* mutex) {
  if (!recorder::On()) return g_lock(mutex);
  int error = 0;
  if (TakeFree(caller, mutex, /*timed=*/false, error)) return error;
  return LockBlocking(caller, mutex, /*timed=*/false, [=] { return g_lock(mutex); });
}

int TimedLockMutex(Caller caller, Mutex* mutex, const timespec* deadline) {
  int error = 0;
  if (TakeFree(caller, mutex, /*timed=*/true, error)) return error;
  return LockBlocking(caller, mutex, /*timed=*/true, [=] { return g_timedlock(mutex, deadline); });
}

int ClockLockMutex(Caller caller, Mutex* mutex, clockid_t clock, const timespec* deadline) {
  int error = 0;
  if (TakeFree(caller, mutex, /*timed=*/true, error)) return error;
  return LockBlocking(caller, mutex, /*timed=*/true,
                      [=] { return g_clocklock(mutex, clock, deadline); });
}

int TryLockMutex(Caller caller, Mutex* mutex) {
  const int error = g_trylock(mutex);
  Recording recording(Epoch::kGoesOn);
  Object* object = recording ? ObjectOf(mutex) : nullptr;
  if (object == nullptr) return error;
  const trace::SiteId site = SiteOf(recording, caller);
  if (IsAcquired(error)) {
    Acquired(recording, *object, site, error, trace::kFlagTry);
  } else if (error == EBUSY) {
    TryFailed(recording, *object, Mode::kExclusive, site);
  }
  return error;
}

int UnlockMutex(Caller caller, Mutex* mutex) {
  RecordUnlock(caller, mutex);
  return g_unlock(mutex);
}

trace::ObjectId MutexId(Recording& recording, Mutex* mutex, trace::SiteId site) {
  Object* object = ObjectOf(mutex);
  if (object == nullptr) return 0;
  Enter(recording, *object, site);
  return object->tracked.id.load(std::memory_order_relaxed);
}

void MutexReleasing(Recording& recording, Mutex* mutex, trace::SiteId site) {
  if (Object* object = ObjectOf(mutex)) Unlocking(recording, *object, site);
}

void MutexReacquired(Recording& recording, Mutex* mutex, trace::SiteId site) {
  if (Object* object = ObjectOf(mutex)) Locked(recording, *object, site);
}

bool HoldsMutex(const Recording& recording, const Mutex* mutex) {
  if (mutex->__data.__lock == 0) return false;
  if (mutex->__data.__owner == recording.thread().os_thread) return true;
  const Object* object = recorder::IsGuest() ? Find(mutex) : nullptr;
  return object != nullptr && HoldsOnAnotherThread(recording, *object);
}

}  // namespace gordian::interpose
