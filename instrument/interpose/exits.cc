// The ends of a process that run no handlers of exit(): the recording ends with them all the same.
//
// A child of vfork lives in its parent's memory: its end is not the parent's. A handler that
// interrupts a hook cannot write; the trace then ends as it would by a signal.
#include <stdlib.h>
#include <unistd.h>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/next.h"
#include "instrument/interpose/thread.h"
#include "instrument/recorder/attach.h"

namespace gordian::interpose {
namespace {

constinit Next<void(int)> g_exit_at_once{"_exit"};

[[noreturn]] void ExitAtOnce(int status) {
  if (Recording recording; recording && FollowsThreads()) recorder::EndProcessAtOnce();
  g_exit_at_once(recorder::StatusToEndWith(status));
  __builtin_unreachable();
}

}  // namespace
}  // namespace gordian::interpose

extern "C" {

GORDIAN_ENTRY void _exit(int status) { gordian::interpose::ExitAtOnce(status); }

GORDIAN_ENTRY void _Exit(int status) noexcept { gordian::interpose::ExitAtOnce(status); }

}  // extern "C"
