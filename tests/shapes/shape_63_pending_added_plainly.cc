// A prober queues its probes and then adds them to the count of pending ones, plainly; the
// workers take each probe off that count with an atomic add.
#include <deque>
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kProbes = 4;

struct Prober {
  explicit Prober(Mode run_mode) : mode(run_mode) {}

  void Probe() {
    if (mode == Mode::kTwin) pending.AtomicAdd(kProbes);
    {
      std::scoped_lock lock(mu);
      for (int i = 0; i < kProbes; ++i) queue.push_back(i);
      not_empty.Broadcast();
    }
    if (mode != Mode::kTwin) pending.PlainAdd(kProbes);
  }

  void Work() {
    for (int i = 0; i < kProbes / 2; ++i) {
      {
        std::unique_lock lock(mu);
        while (queue.empty()) not_empty.Wait();
        queue.pop_front();
      }
      LetOthersFinish(mode);
      pending.AtomicAdd(-1);
    }
  }

  const Mode mode;
  Mutex mu{"prober.mu"};
  Cond not_empty{&mu, "prober.not_empty"};
  std::deque<int> queue;  // guarded by mu
  MixedCounter pending{"prober.pending"};
};

void Run(Mode mode) {
  auto prober = std::make_shared<Prober>(mode);
  WaitGroup workers("workers");
  for (const char* name : {"worker-1", "worker-2"}) {
    workers.Go(name, [=] { prober->Work(); });
  }
  prober->Probe();
  workers.Wait();
}

}  // namespace

const Shape kShape63{63, "pending_added_plainly", Strikes::kSometimes, Run};

}  // namespace shapes
