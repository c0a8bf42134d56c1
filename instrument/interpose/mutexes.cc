// The entry points of mutexes: POSIX's, their internal aliases, and C11's.
#include <errno.h>
#include <pthread.h>
#include <threads.h>

#include "instrument/interpose/c11.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/mutex.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_mutex_t*, const pthread_mutexattr_t*)> g_init{"pthread_mutex_init"};
constinit Next<int(mtx_t*, int)> g_mtx_init{"mtx_init"};

pthread_mutex_t* Posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));

int Init(pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) {
  const int error = g_init(mutex, attributes);
  if (error == 0) MutexInitialised(mutex);
  return error;
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_mutex_init(pthread_mutex_t* mutex,
                                     const pthread_mutexattr_t* attributes) noexcept {
  return Init(mutex, attributes);
}

GORDIAN_ENTRY int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  return DestroyMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return LockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return TryLockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  return UnlockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int __pthread_mutex_init(pthread_mutex_t* mutex,
                                       const pthread_mutexattr_t* attributes) noexcept {
  return Init(mutex, attributes);
}

GORDIAN_ENTRY int __pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  return DestroyMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int __pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return LockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int __pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return TryLockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int __pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  return UnlockMutex(GORDIAN_CALLER(), mutex);
}

GORDIAN_ENTRY int pthread_mutex_timedlock(pthread_mutex_t* mutex,
                                          const timespec* deadline) noexcept {
  return TimedLockMutex(GORDIAN_CALLER(), mutex, deadline);
}

GORDIAN_ENTRY int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                          const timespec* deadline) noexcept {
  return ClockLockMutex(GORDIAN_CALLER(), mutex, clock, deadline);
}

GORDIAN_ENTRY int mtx_init(mtx_t* mutex, int type) {
  const int result = g_mtx_init(mutex, type);
  if (result == thrd_success) MutexInitialised(Posix(mutex));
  return result;
}

GORDIAN_ENTRY void mtx_destroy(mtx_t* mutex) { DestroyMutex(GORDIAN_CALLER(), Posix(mutex)); }

GORDIAN_ENTRY int mtx_lock(mtx_t* mutex) {
  return C11Result(LockMutex(GORDIAN_CALLER(), Posix(mutex)));
}

GORDIAN_ENTRY int mtx_trylock(mtx_t* mutex) {
  return C11Result(TryLockMutex(GORDIAN_CALLER(), Posix(mutex)));
}

GORDIAN_ENTRY int mtx_unlock(mtx_t* mutex) {
  return C11Result(UnlockMutex(GORDIAN_CALLER(), Posix(mutex)));
}

GORDIAN_ENTRY int mtx_timedlock(mtx_t* mutex, const timespec* deadline) {
  return C11Result(TimedLockMutex(GORDIAN_CALLER(), Posix(mutex), deadline));
}

}  // extern "C"
