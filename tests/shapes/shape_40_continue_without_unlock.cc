// A loop takes the lock, dials, and where that fails goes on to the next address without giving
// the lock back.
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

bool Dial(const std::string& address) { return !address.empty(); }

struct Proxy {
  void Connect(Mode mode, const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
      mu.Lock();
      if (!Dial(address)) {
        if (mode == Mode::kTwin) mu.Unlock();
        continue;
      }
      connected = address;
      mu.Unlock();
    }
  }

  Mutex mu{"proxy.mu"};
  std::string connected;  // guarded by mu
};

void Run(Mode mode) {
  auto proxy = std::make_shared<Proxy>();
  Chan<Unit> done(1, "done");
  Go("proxy", [=] {
    proxy->Connect(mode, {"", "10.0.0.1:80"});
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape40{40, "continue_without_unlock", Strikes::kAlways, Run};

}  // namespace shapes
