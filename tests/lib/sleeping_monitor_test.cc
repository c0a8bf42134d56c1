// What broke: the monitor, after 20 ms without anything to watch, looked whether something runs and
// went to sleep. A worker that was awake by then and had not yet begun to run was overlooked, and
// what it ran was never asked to yield: a polling goroutine on one processor polled for ever.
#include <chrono>
#include <thread>

#include "gordian/chan.h"
#include "gordian/runtime.h"
#include "gordian/select.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

TEST(SleepingMonitor, AWorkerThatWakesAsItFallsAsleepIsWatched) {
  const int before = GoMaxProcs(1);
  for (int round = 0; round < 60; ++round) {
    // About when it looks for the last time.
    std::this_thread::sleep_for(std::chrono::microseconds(20'000 + round * 50));
    const Chan<Unit> done(0);
    WaitGroup group;
    group.Go([&] {
      for (bool on = true; on;) Select(Recv(done, [&] { on = false; }), Default());
    });
    group.Go([&] { done.Close(); });
    group.Wait();
  }
  GoMaxProcs(before);
}

}  // namespace
}  // namespace gordian
