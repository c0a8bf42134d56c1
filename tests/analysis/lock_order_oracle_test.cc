// Predictions against all reorderings of thousands of small random runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "detector/analysis/lock_order.h"
#include "tests/analysis/play.h"
#include "tests/analysis/random_program.h"

namespace gordian::testing {
namespace {

std::set<LockCycle> Predicted(const Execution& run, const ProgramShape& shape) {
  TraceBuilder t;
  const BuildIds ids = Build(run, shape, t);
  std::set<LockCycle> cycles;
  for (const detector::Finding& finding : Play<detector::LockOrder>(t)) {
    if (finding.verdict != detector::Verdict::kPredicted) continue;
    LockCycle cycle;
    for (const detector::ObjectPart& object : finding.objects) {
      const auto at = std::find(ids.locks.begin(), ids.locks.end(), object.id);
      cycle.push_back(static_cast<int>(at - ids.locks.begin()));
    }
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    cycles.insert(cycle);
  }
  return cycles;
}

// Every sync-preserving deadlock is found, and nothing else: locks, spawn, join, variables.
TEST(LockOrderOracle, PredictsExactlyTheSyncPreservingDeadlocks) {
  std::mt19937_64 random(20231);
  int with_deadlock = 0;
  for (int round = 0; round < 20'000; ++round) {
    const ProgramShape shape{.tasks = 2 + round % 2,
                             .locks = 2 + (round / 2) % 2,
                             .variables = round % 3,
                             .steps = 24 + round % 24};
    const Execution run = RandomExecution(shape, random);
    const std::set<LockCycle> real = Explore(run, shape, /*keep_section_order=*/true);
    ASSERT_EQ(Predicted(run, shape), real) << "round " << round << "\n" << ToString(run);
    with_deadlock += real.empty() ? 0 : 1;
  }
  EXPECT_GT(with_deadlock, 500) << "the runs no longer test much";
}

// With messages, WaitGroups, permits and all else in between, a predicted deadlock can really be
// reached.
TEST(LockOrderOracle, PredictsNothingThatMessagesForbid) {
  std::mt19937_64 random(7'041);
  int predicted_any = 0, forbidden = 0;
  for (int round = 0; round < 12'000; ++round) {
    const bool more = round % 4 == 3;
    const ProgramShape shape{.tasks = 2 + round % 2,
                             .locks = 2,
                             .variables = round % 2,
                             .channels = 1 + round % 3,
                             .groups = round % 2,
                             .semaphores = round % 3,
                             .onces = more ? 1 : 0,
                             .conditions = more ? 1 : 0,
                             .steps = 24 + round % 24};
    const Execution run = RandomExecution(shape, random);
    const std::set<LockCycle> predicted = Predicted(run, shape);
    const std::set<LockCycle> real = Explore(run, shape, /*keep_section_order=*/false);
    ASSERT_TRUE(std::includes(real.begin(), real.end(), predicted.begin(), predicted.end()))
        << "round " << round << "\n"
        << ToString(run);
    predicted_any += predicted.empty() ? 0 : 1;
    forbidden += real.empty() ? 1 : 0;
  }
  EXPECT_GT(predicted_any, 200) << "the runs no longer test much";
  EXPECT_GT(forbidden, 200) << "the runs no longer test much";
}

}  // namespace
}  // namespace gordian::testing
