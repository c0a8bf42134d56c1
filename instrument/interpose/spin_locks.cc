// The entry points of spin locks. They have no spare word: they are known by their addresses.
#include <errno.h>
#include <pthread.h>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

using Lock = pthread_spinlock_t;

constinit Next<int(Lock*, int)> g_init{"pthread_spin_init"};
constinit Next<int(Lock*)> g_destroy{"pthread_spin_destroy"};
constinit Next<int(Lock*)> g_lock{"pthread_spin_lock"};
constinit Next<int(Lock*)> g_trylock{"pthread_spin_trylock"};
constinit Next<int(Lock*)> g_unlock{"pthread_spin_unlock"};

const void* AddressOf(Lock* lock) { return const_cast<const int*>(lock); }

Object* ObjectOf(Lock* lock) { return FindOrMake(AddressOf(lock), ObjectKind::kMutex); }

int LockIt(Caller caller, Lock* lock) {
  if (!recorder::On()) return g_lock(lock);
  if (g_trylock(lock) != 0) {
    if (Recording recording; recording) {
      if (Object* object = ObjectOf(lock)) {
        LockRequested(recording, *object, Mode::kExclusive, SiteOf(recording, caller),
                      /*timed=*/false);
      }
    }
    if (const int error = g_lock(lock); error != 0) return error;
  }
  if (Recording recording(WaitIsOver::kNow); recording) {
    if (Object* object = ObjectOf(lock)) Locked(recording, *object, SiteOf(recording, caller));
  }
  return 0;
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_spin_init(pthread_spinlock_t* lock, int shared) noexcept {
  if (Recording recording; recording) MakeAnew(AddressOf(lock), ObjectKind::kMutex);
  return g_init(lock, shared);
}

GORDIAN_ENTRY int pthread_spin_destroy(pthread_spinlock_t* lock) noexcept {
  if (Recording recording; recording) {
    if (Object* object = Find(AddressOf(lock))) {
      EndObject(*object, SiteOf(recording, GORDIAN_CALLER()));
    }
  }
  return g_destroy(lock);
}

GORDIAN_ENTRY int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  return LockIt(GORDIAN_CALLER(), lock);
}

GORDIAN_ENTRY int pthread_spin_trylock(pthread_spinlock_t* lock) noexcept {
  const int error = g_trylock(lock);
  Recording recording;
  Object* object = recording ? ObjectOf(lock) : nullptr;
  if (object == nullptr) return error;
  const gordian::trace::SiteId site = SiteOf(recording, GORDIAN_CALLER());
  if (error == 0) {
    Locked(recording, *object, site, gordian::trace::kFlagTry);
  } else if (error == EBUSY) {
    TryFailed(recording, *object, Mode::kExclusive, site);
  }
  return error;
}

GORDIAN_ENTRY int pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  if (Recording recording; recording) {
    if (Object* object = ObjectOf(lock)) {
      Unlocking(recording, *object, SiteOf(recording, GORDIAN_CALLER()));
    }
  }
  return g_unlock(lock);
}

}  // extern "C"
