// Close marks the stream as closed under the write lock, lets go, and takes the lock again to
// clean up. The reader's loop returns on the mark without giving its read lock back.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Stream {
  explicit Stream(Mode run_mode) : mode(run_mode) {}

  void Close() {
    mu.Lock();
    closed = true;
    mu.Unlock();
    closing.Open();
    reader_gone.Wait();
    std::scoped_lock lock(mu);
    unread = 0;
  }

  void ReadLoop() {
    for (;;) {
      mu.RLock();
      if (closed) {
        if (mode == Mode::kTwin) mu.RUnlock();
        reader_gone.Open();
        return;
      }
      last_seen = unread;
      mu.RUnlock();
      reading.Open();
      closing.Wait();
      LetOthersFinish(mode);
    }
  }

  const Mode mode;
  RWMutex mu{"stream.mu"};
  bool closed = false;  // guarded by mu
  int unread = 3;       // guarded by mu
  int last_seen = 0;    // of the reader alone
  Gate reading{mode};
  Gate closing{mode};
  Gate reader_gone{mode};
};

void Run(Mode mode) {
  auto stream = std::make_shared<Stream>(mode);
  Chan<Unit> done(0, "done");
  Go("reader", [=] { stream->ReadLoop(); });
  Go("closer", [=] {
    stream->reading.Wait();
    if (mode == Mode::kClean) Sleep(absl::Milliseconds(10));
    stream->Close();
    done.Close();
  });
  done.Recv();
}

}  // namespace

const Shape kShape10{10, "closed_between_locks", Strikes::kSometimes, Run};

}  // namespace shapes
