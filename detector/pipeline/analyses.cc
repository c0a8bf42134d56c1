#include "detector/pipeline/analyses.h"

#include <utility>

#include "detector/analysis/contention.h"
#include "detector/analysis/deadlock.h"
#include "detector/analysis/leak.h"
#include "detector/analysis/leak_resource.h"
#include "detector/analysis/livelock_retry.h"
#include "detector/analysis/livelock_spin.h"
#include "detector/analysis/lock_lifetime.h"
#include "detector/analysis/lock_order.h"
#include "detector/analysis/lost_wakeup.h"
#include "detector/analysis/misuse.h"
#include "detector/analysis/mixed_cycle.h"
#include "detector/analysis/race_data.h"
#include "detector/analysis/starvation.h"
#include "detector/analysis/starvation_scheduler.h"
#include "detector/analysis/waitgroup_reuse.h"

namespace gordian::detector {

std::vector<std::unique_ptr<Analysis>> MakeAnalyses(const Limits& limits, DataNames& names) {
  std::vector<std::unique_ptr<Analysis>> analyses;
  // Asked last about deadlocks that did not happen, but it counts the orders of locks for all.
  auto lock_order = std::make_unique<LockOrder>();
  auto lost_wakeup = std::make_unique<LostWakeup>(lock_order.get());
  analyses.push_back(std::make_unique<Deadlock>(lock_order.get(), lost_wakeup.get()));
  analyses.push_back(std::make_unique<Misuse>());
  analyses.push_back(std::make_unique<LivelockSpin>(limits));
  analyses.push_back(std::make_unique<LockLifetime>());
  analyses.push_back(std::make_unique<WaitGroupReuse>());
  analyses.push_back(std::move(lost_wakeup));
  analyses.push_back(std::make_unique<LivelockRetry>(limits));
  analyses.push_back(std::make_unique<Starvation>(limits));
  analyses.push_back(std::make_unique<StarvationScheduler>(limits));
  analyses.push_back(std::make_unique<LeakResource>());
  analyses.push_back(std::make_unique<Leak>());
  analyses.push_back(std::make_unique<RaceData>(&names));
  auto mixed_cycle = std::make_unique<MixedCycle>(*lock_order);
  analyses.push_back(std::move(lock_order));
  analyses.push_back(std::move(mixed_cycle));
  analyses.push_back(std::make_unique<Contention>(limits));
  return analyses;
}

}  // namespace gordian::detector
