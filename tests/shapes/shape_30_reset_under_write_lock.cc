// The frame writer asks for a reset of the connection while it holds the write lock. The monitor
// that takes such requests has begun to close the connection, for which it needs the lock.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Connection {
  explicit Connection(Mode run_mode) : mode(run_mode) {}

  void WriteFrame(int stream) {
    std::unique_lock lock(write_mu);
    writing.Open();
    monitor_closing.Wait();
    const SendChan<int> to = resets;
    if (closed) return;
    if (mode == Mode::kTwin) {
      lock.unlock();
      Select(Send(to, stream), Recv(closing));
    } else {
      to.Send(stream);
    }
  }

  void Monitor() {
    for (;;) {
      if (Select(Recv(resets), Recv(closing)) == 1) break;
    }
    writing.Wait();
    monitor_closing.Open();
    std::scoped_lock lock(write_mu);
    closed = true;
  }

  const Mode mode;
  Mutex write_mu{"connection.write_mu"};
  bool closed = false;  // guarded by write_mu
  const Chan<int> resets{0, "connection.resets"};
  const Chan<Unit> closing{0, "connection.closing"};
  Gate writing{mode};
  Gate monitor_closing{mode};
};

void Run(Mode mode) {
  auto connection = std::make_shared<Connection>(mode);
  Chan<Unit> done(2, "done");
  Go("monitor", [=] {
    connection->Monitor();
    done.Send({});
  });
  connection->closing.Close();
  LetOthersFinish(mode);
  Go("writer", [=] {
    connection->WriteFrame(3);
    done.Send({});
  });
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape30{30, "reset_under_write_lock", Strikes::kSometimes, Run};

}  // namespace shapes
