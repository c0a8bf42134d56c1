// The scheduler's few controls: Go's package runtime.
#ifndef GORDIAN_RUNTIME_H_
#define GORDIAN_RUNTIME_H_

#include <cstdint>
#include <string>

namespace gordian {

// How many goroutines may run at once; sets it to `n` and returns the previous value. `n` < 1
// only asks. At first the number of CPUs; at most 256. Goroutines locked to a thread and
// plain threads are not counted.
int GoMaxProcs(int n);

int NumCpu();

// The goroutines that exist, and one for main.
std::int64_t NumGoroutine();

// Every goroutine: its number and name, its labels (labels.h), whether it runs or what it waits to
// do and on which object, where it was started, and the stack of one that is switched out (module
// and offset, for addr2line or llvm-symbolizer). The others go on meanwhile; for logs and
// debuggers.
std::string DumpGoroutines();

// Lets others run.
void Gosched();

// Keeps the calling goroutine on its OS thread, which then runs nothing else, until it has
// called UnlockOSThread as often or has ended; then that thread ends.
void LockOSThread();
void UnlockOSThread();

}  // namespace gordian

#endif  // GORDIAN_RUNTIME_H_
