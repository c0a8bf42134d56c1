// A session waits for its configuration on a condition whose lock is the read side of an
// RWMutex. Still inside, it calls a getter that takes the read lock a second time: a writer
// that came in between stops both.
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Executor {
  explicit Executor(Mode run_mode) : mode(run_mode) {}

  void Update() {
    std::scoped_lock lock(config_mu);
    ++config_version;
    config_changed.Broadcast();
  }

  int ConfigVersion() {
    std::shared_lock lock(config_mu);
    return config_version;
  }

  const Mode mode;
  RWMutex config_mu{"executor.config_mu"};
  Cond config_changed{gordian::ReadSide(&config_mu), "executor.config_changed"};
  int config_version = 0;  // guarded by config_mu
  Gate session_reading{mode};
  Gate update_coming{mode};
};

int PrepareStatement(Executor& executor) {
  std::shared_lock lock(executor.config_mu);
  while (executor.config_version == 0) executor.config_changed.Wait();
  executor.session_reading.Open();
  executor.update_coming.WaitAndSettle();
  return executor.mode == Mode::kTwin ? executor.config_version : executor.ConfigVersion();
}

void Run(Mode mode) {
  auto executor = std::make_shared<Executor>(mode);
  Chan<Unit> done(0, "done");
  Go("gossip", [=] {
    executor->Update();
    executor->session_reading.Wait();
    LetOthersFinish(mode);
    executor->update_coming.Open();
    executor->Update();
    done.Close();
  });
  PrepareStatement(*executor);
  done.Recv();
}

}  // namespace

const Shape kShape04{4, "cond_on_read_lock", Strikes::kSometimes, Run};

}  // namespace shapes
