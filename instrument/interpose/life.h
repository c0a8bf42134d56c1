// The life of threads in the trace: spawned, begun, named, joined, detached, ended.
//
// Which task a pthread_t means is kept in a table from its creation until the handle is
// gone (joined or detached).
//
// Locking   one mutex for the table, held while a thread is created: it can then be joined only
//           once it is known.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_LIFE_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_LIFE_H_

#include <pthread.h>

#include <string_view>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

// What a new thread is told: passed to `Begin` by the function that runs first in it.
struct Birth {
  void* function;  // of the type that its kind of thread has
  void* argument;
  trace::TaskId task;
};

// Creates a thread by `create`, which starts it with RunThread and the Birth it is given. The
// caller's site becomes the place of the spawn.
int CreateThread(Caller caller, pthread_t* thread, bool detached, const Birth& birth,
                 FunctionRef<int(Birth*)> create);

// The new thread's first function: takes over the Birth.
void* RunThread(void* birth);
// The same without running anything: what to run is returned.
Birth BeginThread(void* birth);

enum class JoinKind { kWaits, kTimed, kTries };

// Joins by `join`; 0 is its success.
int JoinThread(Caller caller, pthread_t thread, JoinKind kind, FunctionRef<int()> join);

void DetachThread(Caller caller, pthread_t thread);
void NameThread(pthread_t thread, std::string_view name);

// The calling thread, which nobody saw created, can be joined.
void KnowSelf(const Recording& recording);

// In a forked child: its one thread is the only one there is.
void ForgetOtherThreads();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_LIFE_H_
