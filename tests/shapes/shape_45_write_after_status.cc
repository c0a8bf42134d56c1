// Sending the status ends the stream and closes its channel of writes. A handler that writes
// after that sends on a closed channel.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct HandlerTransport {
  explicit HandlerTransport(Mode run_mode) : mode(run_mode) {}

  void WriteStatus() const {
    closed.Close();
    if (mode != Mode::kTwin) writes.Close();
  }

  bool Write(int frame) const {
    if (mode == Mode::kTwin) {
      if (Select(Recv(closed), Default()) == 0) return false;
    }
    return Select(Send(writes, frame), Recv(closed)) == 0;
  }

  void ServeWrites() const {
    while (Select(Recv(writes), Recv(closed)) == 0) continue;
  }

  const Mode mode;
  Chan<int> writes{0, "transport.writes"};
  Chan<Unit> closed{0, "transport.closed"};
};

void Run(Mode mode) {
  auto transport = std::make_shared<HandlerTransport>(mode);
  Chan<Unit> done(1, "done");
  Go("server", [=] { transport->ServeWrites(); });
  Go("handler", [=] {
    transport->Write(1);
    transport->WriteStatus();
    for (int frame = 2; frame < 40; ++frame) transport->Write(frame);
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape45{45, "write_after_status", Strikes::kAlways, Run};

}  // namespace shapes
