// Telling the trace about synchronisation that it cannot see.
//
//   void MyLock::Lock() {
//     gordian::Acquiring(this);
//     while (word.exchange(1)) { … }
//     gordian::Acquired(this);
//   }
//   void MyLock::Unlock() { gordian::Released(this); word.store(0); }
//
//   shared = 42; gordian::HappensBefore(&shared); …publish…
//   …see that it is published… gordian::HappensAfter(&shared); Use(shared);
//
// Limits    an address stands for one object until Forget. Acquired is called while the lock is
// held,
//           Released before it is let go, HappensBefore before the publication.
// Cost      a branch when nothing is recorded, else a table behind one of 64 locks.
#ifndef GORDIAN_ANNOTATE_H_
#define GORDIAN_ANNOTATE_H_

#include <source_location>

namespace gordian {

// The task asks for the lock and may have to wait.
void Acquiring(const void* lock, std::source_location at = std::source_location::current());
void Acquired(const void* lock, std::source_location at = std::source_location::current());
void Released(const void* lock, std::source_location at = std::source_location::current());

// Everything before HappensBefore(x) happens before everything after a later HappensAfter(x).
void HappensBefore(const void* x, std::source_location at = std::source_location::current());
void HappensAfter(const void* x, std::source_location at = std::source_location::current());

// What is annotated at this address has ended; another object may come to live there.
void Forget(const void* x);

// The task has got something done: its retries so far were no livelock.
void Progress(std::source_location at = std::source_location::current());

}  // namespace gordian

#endif  // GORDIAN_ANNOTATE_H_
