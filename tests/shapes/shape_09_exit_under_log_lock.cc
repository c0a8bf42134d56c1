// The logger writes a line under its lock. On a fatal line it calls the exit routine, which
// flushes the log, and so takes that lock again.
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Logger {
  void Output(Mode mode, const std::string& line, bool fatal) {
    std::unique_lock lock(mu);
    buffer += line;
    if (fatal) {
      if (mode == Mode::kTwin) lock.unlock();
      Exit();
    }
  }

  void Exit() {
    std::scoped_lock lock(mu);
    buffer.clear();
    exited = true;
  }

  Mutex mu{"logger.mu"};
  std::string buffer;   // guarded by mu
  bool exited = false;  // guarded by mu
};

void Run(Mode mode) {
  auto logger = std::make_shared<Logger>();
  Chan<Unit> done(1, "done");
  Go("server", [=] {
    logger->Output(mode, "listening\n", false);
    logger->Output(mode, "the disk is full\n", true);
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape09{9, "exit_under_log_lock", Strikes::kAlways, Run};

}  // namespace shapes
