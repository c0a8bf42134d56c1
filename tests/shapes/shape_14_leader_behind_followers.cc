// Three clients go through rounds under one lock. A follower waits for the leader to end the
// round and keeps the lock; the leader needs the lock to end it.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kRounds = 100;

struct Election {
  explicit Election(Mode run_mode) : mode(run_mode) {}

  void Lead() {
    std::scoped_lock lock(mu);
    ++round;
    next.Close();
    next = Chan<Unit>(0, "election.next");
  }

  void Follow(int my_round) {
    std::unique_lock lock(mu);
    follower_in.Open();
    while (round <= my_round) {
      const Chan<Unit> ended = next;
      if (mode == Mode::kTwin) lock.unlock();
      ended.Recv();
      if (mode == Mode::kTwin) lock.lock();
    }
  }

  const Mode mode;
  Mutex mu{"election.mu"};
  int round = 0;                        // guarded by mu
  Chan<Unit> next{0, "election.next"};  // guarded by mu
  Gate follower_in{mode};
};

void Run(Mode mode) {
  auto election = std::make_shared<Election>(mode);
  Chan<Unit> done(1, "done");
  Go("elections", [=] {
    WaitGroup clients("clients");
    clients.Go("leader", [=] {
      election->follower_in.WaitAndSettle();
      for (int i = 0; i < kRounds; ++i) election->Lead();
    });
    for (const char* name : {"follower-1", "follower-2"}) {
      clients.Go(name, [=] {
        for (int i = 0; i < kRounds; ++i) election->Follow(i);
      });
    }
    clients.Wait();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape14{14, "leader_behind_followers", Strikes::kAlways, Run};

}  // namespace shapes
