// A server's channels are made by the goroutine that runs it. Whoever stops it reads those
// fields with nothing but a sleep in between.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Server {
  explicit Server(Mode run_mode) : mode(run_mode) {
    if (mode == Mode::kTwin) MakeChannels();
  }

  void MakeChannels() {
    quit.Write(Chan<Unit>(0, "quit"));
    stopped.Write(Chan<Unit>(0, "stopped"));
  }

  void Serve() {
    if (mode != Mode::kTwin) MakeChannels();
    Select(Recv(quit.Read()), Recv(After(absl::Seconds(5))));
    stopped.Read().Close();
  }

  void Stop() const {
    quit.Read().Send({});
    stopped.Read().Recv();
  }

  const Mode mode;
  Shared<Chan<Unit>> quit{Chan<Unit>(), "server.quit"};
  Shared<Chan<Unit>> stopped{Chan<Unit>(), "server.stopped"};
};

void Run(Mode mode) {
  auto server = std::make_shared<Server>(mode);
  Go("server", [=] { server->Serve(); });
  Sleep(absl::Milliseconds(20));
  server->Stop();
}

}  // namespace

const Shape kShape43{43, "channels_made_by_runner", Strikes::kAlways, Run};

}  // namespace shapes
