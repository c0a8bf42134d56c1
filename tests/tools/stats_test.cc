#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/trace_builder.h"
#include "tools/trace_stats.h"

namespace gordian::tools {
namespace {

using gordian::testing::TaskTrace;
using gordian::testing::TraceBuilder;
using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trace::EventType;

constexpr std::uint64_t kMs = 1'000'000;

void Play(const TraceBuilder& t, TraceStats& stats) {
  for (const trace::Event& event : t.events()) stats.Take(event);
}

TEST(Stats, CountsEventsByType) {
  TraceBuilder t;
  const trace::ObjectId mu = t.Mutex("mu");
  t.Main().Lock(mu).Unlock(mu).Lock(mu).Unlock(mu);
  TraceStats stats;
  Play(t, stats);
  EXPECT_EQ(stats.Count(EventType::kLock), 2u);
  EXPECT_EQ(stats.Count(EventType::kObjectBegin), 1u);
  EXPECT_EQ(stats.Count(EventType::kChanSend), 0u);
}

TEST(Stats, WaitsAreTimedFromRequestToGrant) {
  TraceBuilder t;
  const trace::ObjectId mu = t.Mutex("mu"), quiet = t.Mutex("quiet");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(quiet).Unlock(quiet).Lock(mu);
  y.WantsLock(mu);
  t.Advance(30 * kMs);
  x.Unlock(mu);
  y.Lock(mu).Unlock(mu);
  TraceStats stats;
  Play(t, stats);
  const std::vector<TraceStats::Waits> contended = stats.Contention();
  ASSERT_THAT(contended, SizeIs(1)) << "nobody waited for `quiet`";
  EXPECT_EQ(contended[0].object, mu);
  EXPECT_EQ(contended[0].uses, 2u);
  EXPECT_EQ(contended[0].waits, 1u);
  EXPECT_EQ(contended[0].total_ns, 30 * kMs);
  EXPECT_EQ(contended[0].longest_ns, 30 * kMs);
}

TEST(Stats, AWaitThatNeverEndedCountsToTheEndOfTheTrace) {
  TraceBuilder t;
  const trace::ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(mu);
  y.WantsLock(mu);
  t.Advance(50 * kMs);
  x.End();
  TraceStats stats;
  Play(t, stats);
  const std::vector<TraceStats::Waits> contended = stats.Contention();
  ASSERT_THAT(contended, SizeIs(1));
  EXPECT_EQ(contended[0].waits, 1u);
  EXPECT_EQ(contended[0].total_ns, 50 * kMs);
}

// main alone for 10 ms, main and x together for 30 ms, x alone for 10 ms.
TEST(Stats, SerialShareAndAmdahlsBound) {
  TraceBuilder t;
  const trace::ObjectId never = t.Chan("never");
  t.Advance(10 * kMs);
  TaskTrace x = t.Task("x");
  t.Advance(30 * kMs);
  t.Main().WantsRecv(never);
  t.Advance(10 * kMs);
  x.End();
  TraceStats stats;
  Play(t, stats);
  const TraceStats::Parallelism parallel = stats.MeasureParallelism(10);
  ASSERT_THAT(parallel.at_once_ns, SizeIs(3));
  EXPECT_EQ(parallel.busy_ns(), 50 * kMs);
  EXPECT_EQ(parallel.at_once_ns[1], 20 * kMs);
  EXPECT_EQ(parallel.at_once_ns[2], 30 * kMs);
  EXPECT_THAT(parallel.serial_share(), DoubleNear(0.4, 1e-9));
  EXPECT_THAT(parallel.amdahl_bound(), DoubleNear(2.5, 1e-9));
  EXPECT_THAT(parallel.average(), DoubleNear(1.6, 1e-9));
  EXPECT_THAT(parallel.timeline.front(), DoubleNear(1, 1e-9));
  EXPECT_THAT(parallel.timeline[5], DoubleNear(2, 1e-9));
}

TEST(Stats, ATraceWithoutClockReadingsHasNoParallelism) {
  TraceStats stats;
  const TraceStats::Parallelism parallel = stats.MeasureParallelism(10);
  EXPECT_EQ(parallel.busy_ns(), 0u);
  EXPECT_EQ(parallel.serial_share(), 0);
  EXPECT_EQ(parallel.amdahl_bound(), 0);
  EXPECT_THAT(parallel.at_once_ns, IsEmpty());
}

}  // namespace
}  // namespace gordian::tools
