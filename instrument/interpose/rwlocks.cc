// The entry points of reader-writer locks, which std::shared_mutex is made of.
//
// A lock prefers readers unless it was made non-recursive for writers: only then does a waiting
// writer keep new readers out. The object's name lies in a word that the C library pads with; every
// initialiser clears it.
#include <errno.h>
#include <pthread.h>

#include <cstddef>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

using Lock = pthread_rwlock_t;

constinit Next<int(Lock*, const pthread_rwlockattr_t*)> g_init{"pthread_rwlock_init"};
constinit Next<int(Lock*)> g_destroy{"pthread_rwlock_destroy"};
constinit Next<int(Lock*)> g_unlock{"pthread_rwlock_unlock"};

// One mode of locking: its four entry points.
struct Ways {
  Mode mode;
  Next<int(Lock*)> lock;
  Next<int(Lock*)> trylock;
  Next<int(Lock*, const timespec*)> timedlock;
  Next<int(Lock*, clockid_t, const timespec*)> clocklock;
};
constinit Ways g_read{Mode::kShared, Next<int(Lock*)>("pthread_rwlock_rdlock"),
                      Next<int(Lock*)>("pthread_rwlock_tryrdlock"),
                      Next<int(Lock*, const timespec*)>("pthread_rwlock_timedrdlock"),
                      Next<int(Lock*, clockid_t, const timespec*)>("pthread_rwlock_clockrdlock")};
constinit Ways g_write{Mode::kExclusive, Next<int(Lock*)>("pthread_rwlock_wrlock"),
                       Next<int(Lock*)>("pthread_rwlock_trywrlock"),
                       Next<int(Lock*, const timespec*)>("pthread_rwlock_timedwrlock"),
                       Next<int(Lock*, clockid_t, const timespec*)>("pthread_rwlock_clockwrlock")};

static_assert(sizeof(Lock) == 56 && offsetof(Lock, __data.__pad2) == 40,
              "the spare word of the C library's rwlock has moved");

// In __readers, below the number of readers: whether readers or writers may go first, and waiters.
constexpr unsigned kReaderShift = 3;

bool IsShared(const Lock* lock) { return lock->__data.__shared != 0; }

ObjectKind KindOf(const Lock* lock) {
  return lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP
             ? ObjectKind::kRWMutex
             : ObjectKind::kRWMutexReaders;
}

SpareWord& WordOf(Lock* lock) { return reinterpret_cast<SpareWord&>(lock->__data.__pad2); }

Object* ObjectOf(Lock* lock) {
  const ObjectKind kind = KindOf(lock);
  return IsShared(lock) ? FindOrMake(lock, kind) : FindByWord(WordOf(lock), lock, kind);
}

int LockBlocking(Caller caller, Lock* lock, Mode mode, bool timed, FunctionRef<int()> block) {
  bool asked = false;
  if (Recording recording; recording && !IsShared(lock)) {
    if (Object* object = ObjectOf(lock)) {
      LockRequested(recording, *object, mode, SiteOf(recording, caller), timed);
      asked = true;
    }
  }
  const int error = block();
  Recording recording(WaitIsOver::kNow);
  Object* object = recording ? ObjectOf(lock) : nullptr;
  if (object == nullptr) return error;
  if (error == 0) {
    LockedShared(recording, *object, mode, SiteOf(recording, caller), TimedFlag(timed));
  } else if (asked) {
    WaitEnded(recording, *object, SiteOf(recording, caller),
              error == ETIMEDOUT ? trace::WaitEndReason::kTimeout : trace::WaitEndReason::kGaveUp);
  }
  return error;
}

// By a try first, so that a request is written only where it blocks.
int LockAny(Caller caller, Lock* lock, Ways& ways, bool timed, FunctionRef<int()> block) {
  if (!recorder::On()) return block();
  if (ways.trylock(lock) != 0) return LockBlocking(caller, lock, ways.mode, timed, block);
  if (Recording recording; recording) {
    if (Object* object = ObjectOf(lock)) {
      LockedShared(recording, *object, ways.mode, SiteOf(recording, caller), TimedFlag(timed));
    }
  }
  return 0;
}

int LockPlain(Caller caller, Lock* lock, Ways& ways) {
  return LockAny(caller, lock, ways, /*timed=*/false, [&] { return ways.lock(lock); });
}

int LockTimed(Caller caller, Lock* lock, Ways& ways, const timespec* deadline) {
  return LockAny(caller, lock, ways, /*timed=*/true,
                 [&] { return ways.timedlock(lock, deadline); });
}

int LockClocked(Caller caller, Lock* lock, Ways& ways, clockid_t clock, const timespec* deadline) {
  return LockAny(caller, lock, ways, /*timed=*/true,
                 [&] { return ways.clocklock(lock, clock, deadline); });
}

int Try(Caller caller, Lock* lock, Ways& ways) {
  const int error = ways.trylock(lock);
  Recording recording;
  Object* object = recording ? ObjectOf(lock) : nullptr;
  if (object == nullptr) return error;
  if (error == 0) {
    LockedShared(recording, *object, ways.mode, SiteOf(recording, caller), trace::kFlagTry);
  } else if (error == EBUSY) {
    TryFailed(recording, *object, ways.mode, SiteOf(recording, caller));
  }
  return error;
}

// Who holds it is known to the C library: the writer, if there is one.
int Unlock(Caller caller, Lock* lock) {
  if (Recording recording; recording) {
    if (Object* object = ObjectOf(lock)) {
      const trace::SiteId site = SiteOf(recording, caller);
      const auto writer = static_cast<pid_t>(lock->__data.__cur_writer);
      if (writer != 0) {
        if (writer != recording.thread().os_thread && !IsShared(lock)) {
          Misused(recording, *object, trace::MisuseKind::kUnlockNotOwner, site);
        }
        UnlockingShared(recording, *object, Mode::kExclusive, site);
      } else if (lock->__data.__readers >> kReaderShift == 0) {
        Misused(recording, *object, trace::MisuseKind::kUnlockUnlocked, site);
      } else {
        UnlockingShared(recording, *object, Mode::kShared, site);
      }
    }
  }
  return g_unlock(lock);
}

int Init(Lock* lock, const pthread_rwlockattr_t* attributes) {
  const int error = g_init(lock, attributes);
  if (error != 0) return error;
  if (Recording recording; recording && IsShared(lock)) MakeAnew(lock, KindOf(lock));
  return 0;
}

int Destroy(Caller caller, Lock* lock) {
  if (Recording recording; recording) {
    if (Object* object = Find(lock)) {
      const trace::SiteId site = SiteOf(recording, caller);
      if (lock->__data.__cur_writer != 0 || lock->__data.__readers >> kReaderShift != 0) {
        Misused(recording, *object, trace::MisuseKind::kLockDestroyed, site);
      }
      EndObject(*object, site);
      if (!IsShared(lock)) WordOf(lock).store(0, std::memory_order_relaxed);
    }
  }
  return g_destroy(lock);
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_rwlock_init(pthread_rwlock_t* lock,
                                      const pthread_rwlockattr_t* attributes) noexcept {
  return Init(lock, attributes);
}

GORDIAN_ENTRY int pthread_rwlock_destroy(pthread_rwlock_t* lock) noexcept {
  return Destroy(GORDIAN_CALLER(), lock);
}

GORDIAN_ENTRY int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return LockPlain(GORDIAN_CALLER(), lock, g_read);
}

GORDIAN_ENTRY int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return LockPlain(GORDIAN_CALLER(), lock, g_write);
}

GORDIAN_ENTRY int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  return Try(GORDIAN_CALLER(), lock, g_read);
}

GORDIAN_ENTRY int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  return Try(GORDIAN_CALLER(), lock, g_write);
}

GORDIAN_ENTRY int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  return Unlock(GORDIAN_CALLER(), lock);
}

GORDIAN_ENTRY int __pthread_rwlock_init(pthread_rwlock_t* lock,
                                        const pthread_rwlockattr_t* attributes) noexcept {
  return Init(lock, attributes);
}

GORDIAN_ENTRY int __pthread_rwlock_destroy(pthread_rwlock_t* lock) noexcept {
  return Destroy(GORDIAN_CALLER(), lock);
}

GORDIAN_ENTRY int __pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return LockPlain(GORDIAN_CALLER(), lock, g_read);
}

GORDIAN_ENTRY int __pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return LockPlain(GORDIAN_CALLER(), lock, g_write);
}

GORDIAN_ENTRY int __pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  return Try(GORDIAN_CALLER(), lock, g_read);
}

GORDIAN_ENTRY int __pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  return Try(GORDIAN_CALLER(), lock, g_write);
}

GORDIAN_ENTRY int __pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  return Unlock(GORDIAN_CALLER(), lock);
}

GORDIAN_ENTRY int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock,
                                             const timespec* deadline) noexcept {
  return LockTimed(GORDIAN_CALLER(), lock, g_read, deadline);
}

GORDIAN_ENTRY int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                                             const timespec* deadline) noexcept {
  return LockClocked(GORDIAN_CALLER(), lock, g_read, clock, deadline);
}

GORDIAN_ENTRY int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock,
                                             const timespec* deadline) noexcept {
  return LockTimed(GORDIAN_CALLER(), lock, g_write, deadline);
}

GORDIAN_ENTRY int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                             const timespec* deadline) noexcept {
  return LockClocked(GORDIAN_CALLER(), lock, g_write, clock, deadline);
}

}  // extern "C"
