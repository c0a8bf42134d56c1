// The threads of this process, as the system lists them. Takes no memory.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_OWN_THREADS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_OWN_THREADS_H_

#include <sys/types.h>

#include <span>
#include <string_view>

#include "instrument/interpose/function_ref.h"

namespace gordian::interpose {

// Calls `visit` with each until it returns false. False where they cannot be listed.
bool ForEachOwnThread(FunctionRef<bool(pid_t)> visit);

// What a thread does for the system.
struct SystemCall {
  enum class Kind { kUnknown, kGone, kRuns, kCall };  // gone: there is no such thread any more
  Kind kind = Kind::kUnknown;
  long number = 0;  // of the call
  long arguments[4] = {};
};
SystemCall SystemCallOf(pid_t thread);

// Whether it sleeps until another thread wakes it.
bool SleepsUntilWoken(const SystemCall& call);

// Whether a signal's handler would end the call early.
bool EndsBySignal(const SystemCall& call);

// "clock_nanosleep"; empty for calls that threads hardly wait in.
std::string_view NameOfCall(long number);

// The name that the thread has been given.
std::string_view NameOfThread(pid_t thread, std::span<char> room);

// Whether no other thread than the calling one is left.
bool IsOnlyThread();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_OWN_THREADS_H_
