// The balancer announces new addresses on a channel with one slot, under its lock. The watcher
// that empties the channel calls back into the balancer, and Close wants the lock too.
#include <memory>
#include <mutex>
#include <optional>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Balancer {
  explicit Balancer(Mode run_mode) : mode(run_mode) {}

  void Up(int address) {
    std::unique_lock lock(mu);
    if (closed) return;
    up = address;
    if (mode == Mode::kTwin) lock.unlock();
    Announce(address);
  }

  void Announce(int address) {
    if (mode == Mode::kTwin) {
      Select(Send(notify, address), Recv(closing));
    } else {
      notify.Send(address);
    }
  }

  void Down(int address) {
    std::scoped_lock lock(mu);
    if (up == address) up = 0;
  }

  void Close() {
    std::scoped_lock lock(mu);
    closed = true;
    closing.Close();
  }

  void Watch() {
    for (;;) {
      std::optional<int> address;
      const int taken =
          Select(Recv(notify, [&](std::optional<int> a) { address = a; }), Recv(closing));
      if (taken == 1) return;
      announcement_taken.Open();
      up_is_stuck.WaitAndSettle();
      Down(*address);
    }
  }

  const Mode mode;
  RWMutex mu{"balancer.mu"};
  int up = 0;           // guarded by mu
  bool closed = false;  // guarded by mu
  Chan<int> notify{1, "balancer.notify"};
  Chan<Unit> closing{0, "balancer.closing"};
  Gate announcement_taken{mode};
  Gate up_is_stuck{mode};
};

void Run(Mode mode) {
  auto balancer = std::make_shared<Balancer>(mode);
  Chan<Unit> done(3, "done");
  Go("watcher", [=] {
    balancer->Watch();
    done.Send({});
  });
  Go("dialer", [=] {
    balancer->Up(1);
    balancer->announcement_taken.Wait();
    LetOthersFinish(mode);
    balancer->Up(2);
    LetOthersFinish(mode);
    balancer->up_is_stuck.Open();
    balancer->Up(3);
    done.Send({});
  });
  Go("closer", [=] {
    balancer->up_is_stuck.WaitAndSettle();
    for (int i = 0; i < 4; ++i) LetOthersFinish(mode);
    balancer->Close();
    done.Send({});
  });
  AwaitAll(done, 3);
}

}  // namespace

const Shape kShape13{13, "balancer_notify", Strikes::kSometimes, Run};

}  // namespace shapes
