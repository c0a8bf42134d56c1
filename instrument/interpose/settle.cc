#include "instrument/interpose/settle.h"

#include <unistd.h>

#include "instrument/interpose/own_threads.h"
#include "instrument/interpose/watcher.h"

namespace gordian::interpose {

// A thread that is gone meanwhile is as good as one that sleeps.
bool IsSettled() {
  bool settled = true;
  const bool listed = ForEachOwnThread([&](pid_t thread) {
    if (thread == gettid() || thread == WatcherThread()) return true;
    const SystemCall call = SystemCallOf(thread);
    settled = SleepsUntilWoken(call) || call.kind == SystemCall::Kind::kGone;
    return settled;
  });
  return listed && settled;
}

}  // namespace gordian::interpose
