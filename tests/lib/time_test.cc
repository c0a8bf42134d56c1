// Sleep, After, AfterFunc, Timer and Ticker, as Go's package time has them.
#include "gordian/time.h"

#include <atomic>
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "gordian/go.h"
#include "gordian/internal/timers.h"
#include "gordian/panic.h"
#include "gordian/select.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(5);
constexpr absl::Duration kLong = absl::Hours(1);

// Time as the timers see it.
absl::Duration Elapsed(std::int64_t since_ns) {
  return absl::Nanoseconds(internal::NowNs() - since_ns);
}

bool IsEmpty(const RecvChan<absl::Time>& channel) { return Select(Recv(channel), Default()) == 1; }

TEST(SleepTest, LastsAtLeastAsLongAsItWasAskedTo) {
  const std::int64_t start = internal::NowNs();
  Sleep(kShort);
  EXPECT_GE(Elapsed(start), kShort);
  Sleep(absl::ZeroDuration());
  Sleep(-kLong);
  EXPECT_LT(Elapsed(start), kLong);
}

TEST(SleepTest, GoroutinesSleepAtTheSameTime) {
  const std::int64_t start = internal::NowNs();
  Chan<Unit> done(0);
  for (int i = 0; i < 100; ++i) {
    Go([=] {
      Sleep(absl::Milliseconds(20));
      done.Send({});
    });
  }
  for (int i = 0; i < 100; ++i) done.Recv();
  EXPECT_LT(Elapsed(start), absl::Milliseconds(20) * 50);
}

TEST(SleepTest, SleepersWakeInTheOrderOfTheirDeadlines) {
  Chan<int> woken(3);
  for (int i : {3, 1, 2}) {
    Go([=] {
      Sleep(absl::Milliseconds(20) * i);
      woken.Send(i);
    });
  }
  for (int i : {1, 2, 3}) EXPECT_EQ(woken.Recv(), i);
}

TEST(AfterTest, SendsTheTimeOnce) {
  const std::int64_t start = internal::NowNs();
  const RecvChan<absl::Time> after = After(kShort);
  EXPECT_TRUE(after.Recv().has_value());
  EXPECT_GE(Elapsed(start), kShort);
  EXPECT_TRUE(IsEmpty(after));
}

TEST(AfterTest, EndsASelect) {
  Chan<int> never(0);
  EXPECT_EQ(Select(Recv(never), Recv(After(kShort))), 1);
}

TEST(TimerTest, FiresOnce) {
  const Timer timer(kShort);
  EXPECT_TRUE(timer.C().Recv().has_value());
  EXPECT_FALSE(timer.Stop());
}

TEST(TimerTest, AStoppedTimerDoesNotFire) {
  const Timer timer(kShort);
  EXPECT_TRUE(timer.Stop());
  EXPECT_FALSE(timer.Stop());
  Sleep(3 * kShort);
  EXPECT_TRUE(IsEmpty(timer.C()));
}

TEST(TimerTest, StopTakesBackAValueThatNobodyReceived) {
  const Timer timer(kShort);
  Sleep(3 * kShort);
  EXPECT_TRUE(timer.Stop());
  EXPECT_TRUE(IsEmpty(timer.C()));
}

TEST(TimerTest, ResetBeginsAnew) {
  const Timer timer(kLong);
  const std::int64_t start = internal::NowNs();
  EXPECT_TRUE(timer.Reset(kShort));
  timer.C().Recv();
  EXPECT_GE(Elapsed(start), kShort);
  EXPECT_FALSE(timer.Reset(kShort));
  timer.C().Recv();
  EXPECT_GE(Elapsed(start), 2 * kShort);
}

TEST(TimerTest, ATimerThatNeverFiresCanBeStopped) {
  const Timer timer(absl::InfiniteDuration());
  EXPECT_TRUE(IsEmpty(timer.C()));
  timer.Stop();
}

TEST(AfterFuncTest, RunsInATaskOfItsOwnThatMayBlock) {
  Chan<int> handover(0);
  AfterFunc(kShort, [=] {
    handover.Send(1);
    handover.Send(2);
  });
  EXPECT_EQ(handover.Recv(), 1);
  EXPECT_EQ(handover.Recv(), 2);
}

TEST(AfterFuncTest, AStoppedCallbackDoesNotRun) {
  std::atomic<bool> ran{false};
  const Timer timer = AfterFunc(kShort, [&] { ran = true; });
  EXPECT_TRUE(timer.Stop());
  Sleep(3 * kShort);
  EXPECT_FALSE(ran);
  EXPECT_TRUE(timer.C() == nullptr);
}

TEST(AfterFuncTest, ResetLetsItRunAgain) {
  Chan<Unit> ran(2);
  const Timer timer = AfterFunc(kShort, [=] { ran.Send({}); });
  ran.Recv();
  EXPECT_FALSE(timer.Reset(kShort));
  ran.Recv();
}

TEST(AfterFuncTest, TheTimerMayBeDestroyedInItsOwnCallback) {
  Chan<Unit> done(0);
  auto timer = std::make_shared<std::unique_ptr<Timer>>();
  Chan<Unit> made(1);
  *timer = std::make_unique<Timer>(AfterFunc(kShort, [=] {
    made.Recv();
    timer->reset();
    done.Send({});
  }));
  made.Send({});
  done.Recv();
  EXPECT_EQ(*timer, nullptr);
}

TEST(TickerTest, TicksUntilItIsStopped) {
  const std::int64_t start = internal::NowNs();
  const Ticker ticker(kShort);
  for (int i = 0; i < 4; ++i) ticker.C().Recv();
  EXPECT_GE(Elapsed(start), 4 * kShort);
  ticker.Stop();
  EXPECT_TRUE(IsEmpty(ticker.C()));
  Sleep(3 * kShort);
  EXPECT_TRUE(IsEmpty(ticker.C()));
  ticker.Reset(kShort);
  ticker.C().Recv();
  ticker.Stop();
}

TEST(TickerTest, DropsTicksForASlowReceiver) {
  const Ticker ticker(kShort);
  Sleep(10 * kShort);
  ticker.C().Recv();
  ticker.Stop();
  EXPECT_TRUE(IsEmpty(ticker.C()));
}

TEST(TickerTest, APeriodMustBePositive) {
  EXPECT_THROW(Ticker{absl::ZeroDuration()}, Panic);
  const Ticker ticker(kLong);
  EXPECT_THROW(ticker.Reset(-kShort), Panic);
  ticker.Stop();
}

TEST(TickerTest, AForgottenTickerStopsByItself) {
  {
    const Ticker ticker(kShort);
  }
  while (internal::TimersPending()) Sleep(kShort / 5);
}

TEST(TickerTest, TicksOnWhileSomebodyHoldsItsChannel) {
  RecvChan<absl::Time> ticks = Ticker(kShort).C();
  ticks.Recv();
  ticks.Recv();
}

TEST(TimerTest, StopAndResetRaceWithFiring) {
  std::atomic<int> fired{0};
  int expected = 0;
  std::vector<Timer> timers;
  for (int i = 0; i < 200; ++i) {
    timers.push_back(AfterFunc(absl::Microseconds(i), [&] { ++fired; }));
    Sleep(absl::Microseconds(i % 7));
    if (!timers.back().Stop()) ++expected;
    if (i % 2 == 0) {
      if (!timers.back().Reset(absl::Microseconds(50))) ++expected;
    }
  }
  // Every Reset followed a Stop, so it found a timer that was not armed and fires once more.
  Sleep(20 * kShort);
  EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace gordian
