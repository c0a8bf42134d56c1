// Close waits, once, until the dispatcher's loop has ended. A handler that runs in that loop
// calls Close.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Connection {
  explicit Connection(Mode run_mode) : mode(run_mode) {}

  void Dispatch() {
    for (;;) {
      if (Select(Recv(events), Recv(closing)) == 1) break;
      Handle();
    }
    dispatcher_ended.Close();
  }

  // The peer said goodbye.
  void Handle() { Close(); }

  void Close() {
    close_once.Do([this] {
      closing.Close();
      if (mode != Mode::kTwin) dispatcher_ended.Recv();
    });
  }

  void Read() {
    events.Send(1);
    while (Select(Recv(closing), Default()) == 1) Sleep(absl::Milliseconds(1));
  }

  const Mode mode;
  Chan<int> events{0, "connection.events"};
  Chan<Unit> closing{0, "connection.closing"};
  Chan<Unit> dispatcher_ended{0, "connection.dispatcher_ended"};
  Once close_once{"connection.close_once"};
};

void Run(Mode mode) {
  auto connection = std::make_shared<Connection>(mode);
  Go("dispatcher", [=] { connection->Dispatch(); });
  Go("reader", [=] { connection->Read(); });
  connection->dispatcher_ended.Recv();
}

}  // namespace

const Shape kShape41{41, "close_from_handler", Strikes::kAlways, Run};

}  // namespace shapes
