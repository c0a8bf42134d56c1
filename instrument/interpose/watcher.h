// A thread of our own in the program, for what no handler and no hook may do: it prints what all
// threads do where somebody asks by SIGQUIT (quit.cc), and ends a program that hangs and that
// nobody but its companion watches.
//
// It is made when the program's second thread is, or when its first one is about to block: a
// program that is alone in its process stays so.
//
// Cost      ten looks a second.
// Limits    it is named "gordian-watch", records nothing, and has all signals blocked.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_WATCHER_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_WATCHER_H_

#include <sys/types.h>

namespace gordian::interpose {

// Makes the thread where there is none. Within a hook.
void EnsureWatcher();

// The thread's number; 0 where there is none.
pid_t WatcherThread();

// Has it print what all threads do. False where there is no such thread. In a handler.
bool WakeWatcher();

// The first thread has ended; the process has to when all others have.
void FirstThreadEnded();

// In a forked child, which has no such thread.
void ForgetWatcher();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_WATCHER_H_
