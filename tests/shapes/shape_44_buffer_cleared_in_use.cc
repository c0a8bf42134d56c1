// A transaction's read buffer is emptied by one goroutine while another looks a key up in it.
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

using Keys = std::map<std::string, int>;

struct ReadBuffer {
  explicit ReadBuffer(Mode run_mode) : mode(run_mode) {}

  int Lookup(const std::string& key) {
    std::shared_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    const Keys now = keys.Read();
    const auto found = now.find(key);
    return found == now.end() ? 0 : found->second;
  }

  void Clear() {
    std::unique_lock lock(mu, std::defer_lock);
    if (mode == Mode::kTwin) lock.lock();
    keys.Write(Keys());
  }

  const Mode mode;
  RWMutex mu{"buffer.mu"};
  Shared<Keys> keys{Keys{{"alice", 1}}, "buffer.keys"};
};

void Run(Mode mode) {
  auto buffer = std::make_shared<ReadBuffer>(mode);
  WaitGroup users("users");
  users.Go("commit", [=] { buffer->Clear(); });
  users.Go("range", [=] { buffer->Lookup("alice"); });
  users.Wait();
}

}  // namespace

const Shape kShape44{44, "buffer_cleared_in_use", Strikes::kAlways, Run};

}  // namespace shapes
