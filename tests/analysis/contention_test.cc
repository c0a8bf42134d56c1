// contention.*: measures, and that quiet locks have none.
#include "detector/analysis/contention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::Contention;
using detector::Finding;
using detector::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMs = 1'000'000;

const Finding* Find(const std::vector<Finding>& findings, std::string_view rule) {
  const auto found = std::ranges::find(findings, rule, &Finding::rule);
  return found != findings.end() ? &*found : nullptr;
}

TEST(Contention, ALongHoldWhileAnotherWaits) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(7).Lock(mu);
  y.WantsLock(mu);
  t.Advance(250 * kMs);
  x.Unlock(mu).For(y).Lock(mu);
  const std::vector<Finding> found = Play<Contention>(t);
  const Finding* hold = Find(found, "contention.long-hold");
  ASSERT_NE(hold, nullptr);
  EXPECT_EQ(hold->verdict, Verdict::kInfo);
  EXPECT_EQ(hold->title, "\"x\" held mu for 250 ms while others waited");
  EXPECT_EQ(hold->tasks[0].at, 7u);
  const Finding* lock = Find(found, "contention.lock");
  ASSERT_NE(lock, nullptr);
  EXPECT_THAT(lock->summary, HasSubstr("the longest wait 250 ms (\"y\")"));
}

TEST(Contention, AGreedyAndAPoliteWorker) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace greedy = t.Task("greedy"), polite = t.Task("polite");
  for (int i = 0; i < 60; ++i) {
    greedy.Lock(mu);
    polite.WantsLock(mu);
    t.Advance(9 * kMs);
    greedy.Unlock(mu).For(polite).Lock(mu);
    t.Advance(kMs);
    polite.Unlock(mu);
  }
  const std::vector<Finding> found = Play<Contention>(t);
  const Finding* share = Find(found, "contention.share");
  ASSERT_NE(share, nullptr);
  EXPECT_EQ(share->title, "\"greedy\" has 90 % of the time that mu is held, \"polite\" 10 %");
}

TEST(Contention, AConvoyOfThree) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  std::vector<TaskTrace> tasks = {t.Task("x"), t.Task("y"), t.Task("z")};
  tasks[0].Lock(mu);
  tasks[1].WantsLock(mu);
  tasks[2].WantsLock(mu);
  for (std::size_t i = 0; i < 100; ++i) {
    tasks[i % 3].Unlock(mu).For(tasks[(i + 1) % 3]).Lock(mu);
    tasks[i % 3].WantsLock(mu);
  }
  EXPECT_NE(Find(Play<Contention>(t), "contention.convoy"), nullptr);
}

TEST(Contention, ALockThatWasWaitedForIsMeasuredAfterItsEnd) {
  TraceBuilder t;
  const ObjectId waited = t.Mutex("waited"), quiet = t.Mutex("quiet");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(quiet).Unlock(quiet).On(EventType::kObjectEnd, quiet);
  x.Lock(waited);
  y.WantsLock(waited);
  t.Advance(250 * kMs);
  x.Unlock(waited).For(y).Lock(waited);
  y.Unlock(waited).On(EventType::kObjectEnd, waited);
  detector::Contention analysis;
  const std::vector<Finding> found = Play(t, analysis);
  EXPECT_NE(Find(found, "contention.lock"), nullptr);
  EXPECT_NE(analysis.Of(waited)->contended, 0u);
  EXPECT_EQ(analysis.Of(quiet)->acquisitions, 0u);
}

TEST(Contention, QuietLocksHaveNoMeasures) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  for (int i = 0; i < 1'000; ++i) {
    x.Lock(mu).Unlock(mu);
    y.Lock(mu);
    t.Advance(200 * kMs);
    y.Unlock(mu);
  }
  EXPECT_THAT(Play<Contention>(t), IsEmpty());
}

}  // namespace
}  // namespace gordian::testing
