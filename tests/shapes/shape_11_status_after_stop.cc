// Status() hands its request to the run loop, which has ended: stopping was quicker, and the
// send knows no other way out.
#include <memory>
#include <optional>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Node {
  explicit Node(Mode run_mode) : mode(run_mode) {}

  void RunLoop() {
    for (;;) {
      const int taken = Select(Recv(status,
                                    [&](std::optional<Chan<int>> reply) {
                                      if (reply) reply->Send(term);
                                    }),
                               Recv(stop));
      if (taken == 1) break;
    }
    stopped.Close();
    loop_ended.Open();
  }

  std::optional<int> Status() {
    Chan<int> reply(1, "reply");
    if (mode != Mode::kTwin) {
      status.Send(reply);
    } else if (Select(Send(status, reply), Recv(stopped)) == 1) {
      return std::nullopt;
    }
    return reply.Recv();
  }

  const Mode mode;
  const int term = 7;
  Chan<Chan<int>> status{0, "node.status"};
  Chan<Unit> stop{0, "node.stop"};
  Chan<Unit> stopped{0, "node.stopped"};
  Gate loop_ended{mode};
};

void Run(Mode mode) {
  auto node = std::make_shared<Node>(mode);
  Chan<Unit> done(1, "done");
  Go("node", [=] { node->RunLoop(); });
  Go("status", [=] {
    node->loop_ended.Wait();
    node->Status();
    done.Send({});
  });
  LetOthersFinish(mode);
  node->stop.Close();
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape11{11, "status_after_stop", Strikes::kSometimes, Run};

}  // namespace shapes
