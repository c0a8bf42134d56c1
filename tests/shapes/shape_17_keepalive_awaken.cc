// With no stream open, keepalive sleeps until it is awakened, and keeps the transport's lock
// while it sleeps. Whoever opens a stream needs that lock before it can awaken anybody.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Transport {
  explicit Transport(Mode run_mode) : mode(run_mode) {}

  void Keepalive() {
    std::unique_lock lock(mu);
    if (streams > 0) return;
    dormant.Open();
    if (mode == Mode::kTwin) lock.unlock();
    awaken.Recv();
  }

  void NewStream() {
    std::scoped_lock lock(mu);
    ++streams;
    Select(Send(awaken, Unit{}), Default());
  }

  const Mode mode;
  Mutex mu{"transport.mu"};
  int streams = 0;  // guarded by mu
  Chan<Unit> awaken{mode == Mode::kTwin ? 1u : 0u, "transport.awaken"};
  Gate dormant{mode};
};

void Run(Mode mode) {
  auto transport = std::make_shared<Transport>(mode);
  Chan<Unit> done(2, "done");
  const auto keepalive = [=] {
    transport->Keepalive();
    done.Send({});
  };
  const auto new_stream = [=] {
    transport->dormant.Wait();
    transport->NewStream();
    done.Send({});
  };
  Go("stream", new_stream);
  LetOthersFinish(mode);
  Go("keepalive", keepalive);
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape17{17, "keepalive_awaken", Strikes::kSometimes, Run};

}  // namespace shapes
