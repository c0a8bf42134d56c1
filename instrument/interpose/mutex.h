// Mutexes of the C library, followed: what every entry point that locks one does.
//
// Each function does what its namesake in the C library does, returns what that returns, and
// writes what happened. `caller` is the frame of the entry point.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_MUTEX_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_MUTEX_H_

#include <pthread.h>
#include <time.h>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

void MutexInitialised(pthread_mutex_t* mutex);
int DestroyMutex(Caller caller, pthread_mutex_t* mutex);
int LockMutex(Caller caller, pthread_mutex_t* mutex);
int TimedLockMutex(Caller caller, pthread_mutex_t* mutex, const timespec* deadline);
int ClockLockMutex(Caller caller, pthread_mutex_t* mutex, clockid_t clock,
                   const timespec* deadline);
int TryLockMutex(Caller caller, pthread_mutex_t* mutex);
int UnlockMutex(Caller caller, pthread_mutex_t* mutex);

// For a wait that lets the mutex go and takes it again.
trace::ObjectId MutexId(Recording& recording, pthread_mutex_t* mutex, trace::SiteId site);
void MutexReleasing(Recording& recording, pthread_mutex_t* mutex, trace::SiteId site);
void MutexReacquired(Recording& recording, pthread_mutex_t* mutex, trace::SiteId site);
bool HoldsMutex(const Recording& recording, const pthread_mutex_t* mutex);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_MUTEX_H_
