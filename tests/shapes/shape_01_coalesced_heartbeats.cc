// The sender of coalesced heartbeats keeps the store's lock while it reports to each replica;
// the ticker keeps a replica's lock while it queues a heartbeat in the store. Two locks, two
// orders.
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Replica {
  Mutex raft_mu{"replica.raft_mu"};
  int unreachable_reports = 0;  // guarded by raft_mu
  int ticks = 0;                // guarded by raft_mu
};

struct Store {
  explicit Store(Mode run_mode) : mode(run_mode) {}

  const Mode mode;
  Mutex coalesced_mu{"coalesced.mu"};
  std::vector<int> heartbeats{1};  // guarded by coalesced_mu
  Replica replica;
  Gate sender_locked{mode};
  Gate ticker_locked{mode};
};

void ReportUnreachable(Replica& replica) {
  std::scoped_lock raft(replica.raft_mu);
  ++replica.unreachable_reports;
}

void SendHeartbeats(Store& store) {
  std::unique_lock coalesced(store.coalesced_mu);
  const std::vector<int> heartbeats = std::exchange(store.heartbeats, {});
  store.sender_locked.Open();
  store.ticker_locked.Wait();
  if (store.mode == Mode::kTwin) coalesced.unlock();
  for ([[maybe_unused]] const int heartbeat : heartbeats) ReportUnreachable(store.replica);
}

void Tick(Store& store) {
  std::scoped_lock raft(store.replica.raft_mu);
  ++store.replica.ticks;
  store.ticker_locked.Open();
  store.sender_locked.Wait();
  std::scoped_lock coalesced(store.coalesced_mu);
  store.heartbeats.push_back(store.replica.ticks);
}

void Run(Mode mode) {
  auto store = std::make_shared<Store>(mode);
  Chan<Unit> done(2, "done");
  Go("sender", [=] {
    SendHeartbeats(*store);
    done.Send({});
  });
  LetOthersFinish(mode);
  Go("ticker", [=] {
    Tick(*store);
    done.Send({});
  });
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape01{1, "coalesced_heartbeats", Strikes::kSometimes, Run};

}  // namespace shapes
