// A log's follower that is told to close waits on a condition variable for the file's removal.
// The watcher would report the removal, but still offers the follower a write before it.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct LogFile {
  explicit LogFile(Mode run_mode) : mode(run_mode) {}

  // What the file system says, in order: one write, then the removal.
  void WatchFile() {
    follower_closing.Wait();
    Select(Send(writes, 1), Recv(done));
    std::scoped_lock lock(mu);
    removed = true;
    removal.Broadcast();
  }

  void Follow() {
    for (;;) {
      if (Select(Recv(writes), Recv(close_notify)) == 1) break;
    }
    follower_closing.Open();
    if (mode == Mode::kTwin) close_once.Do([this] { done.Close(); });
    {
      std::unique_lock lock(mu);
      while (!removed) removal.Wait();
    }
    close_once.Do([this] { done.Close(); });
  }

  const Mode mode;
  Mutex mu{"log.mu"};
  Cond removal{&mu, "log.removal"};
  bool removed = false;  // guarded by mu
  Chan<int> writes{0, "log.writes"};
  Chan<Unit> close_notify{0, "log.close_notify"};
  Chan<Unit> done{0, "log.done"};
  Once close_once{"log.close_once"};
  Gate follower_closing{mode};
};

void Run(Mode mode) {
  auto log = std::make_shared<LogFile>(mode);
  Chan<Unit> done(2, "done");
  Go("watcher", [=] {
    log->WatchFile();
    done.Send({});
  });
  Go("follower", [=] {
    log->Follow();
    done.Send({});
  });
  LetOthersFinish(mode);
  log->close_notify.Close();
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape33{33, "follow_closed_log", Strikes::kSometimes, Run};

}  // namespace shapes
