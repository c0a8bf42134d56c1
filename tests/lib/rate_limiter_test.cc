// Token buckets. Delays are held against the bucket's arithmetic, with room above for a slow
// machine and none below.
#include "gordian/rate_limiter.h"

#include <vector>

#include "gordian/context.h"
#include "gordian/internal/timers.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

constexpr RateLimit kHourly{1.0 / 3600};

TEST(RateLimiterTest, Limits) {
  EXPECT_DOUBLE_EQ(Every(absl::Milliseconds(250)).per_second, 4);
  EXPECT_EQ(Every(absl::ZeroDuration()), RateLimit::Unlimited());
  EXPECT_DOUBLE_EQ(Per(30, absl::Minutes(1)).per_second, 0.5);
  EXPECT_LT(Per(30, absl::Minutes(1)), Per(1, absl::Seconds(1)));
}

TEST(RateLimiterTest, TheBurstIsFreeAndThenNothingIs) {
  RateLimiter limiter(kHourly, 3);
  EXPECT_TRUE(limiter.Allow());
  EXPECT_FALSE(limiter.Allow(3));
  EXPECT_TRUE(limiter.Allow(2));
  EXPECT_FALSE(limiter.Allow());
  EXPECT_NEAR(limiter.Tokens(), 0, 0.1);
}

TEST(RateLimiterTest, TheBucketFillsWithTimeUpToTheBurst) {
  RateLimiter limiter(Every(absl::Milliseconds(5)), 2);
  EXPECT_TRUE(limiter.Allow(2));
  EXPECT_FALSE(limiter.Allow());
  Sleep(absl::Milliseconds(50));
  EXPECT_LE(limiter.Tokens(), 2);
  EXPECT_TRUE(limiter.Allow(2));
}

TEST(RateLimiterTest, ZeroAndInfinity) {
  RateLimiter never(RateLimit{0}, 1);
  EXPECT_TRUE(never.Allow());
  EXPECT_FALSE(never.Allow());
  EXPECT_FALSE(never.Reserve().ok());
  RateLimiter always(RateLimit::Unlimited(), 0);
  EXPECT_TRUE(always.Allow(1000));
  EXPECT_TRUE(always.Wait(Background(), 1000).ok());
}

TEST(RateLimiterTest, AReservationSaysHowLongToWait) {
  RateLimiter limiter(kHourly, 2);
  EXPECT_EQ(limiter.Reserve(2).Delay(), absl::ZeroDuration());
  EXPECT_NEAR(absl::ToDoubleMinutes(limiter.Reserve().Delay()), 60, 1);
  Reservation third = limiter.Reserve();
  EXPECT_NEAR(absl::ToDoubleMinutes(third.Delay()), 120, 1);
  third.Cancel();
  EXPECT_NEAR(absl::ToDoubleMinutes(limiter.Reserve().Delay()), 120, 1);
  const Reservation too_many = limiter.Reserve(3);
  EXPECT_FALSE(too_many.ok());
  EXPECT_EQ(too_many.Delay(), absl::InfiniteDuration());
}

TEST(RateLimiterTest, WhatLaterReservationsCountOnIsNotGivenBack) {
  RateLimiter limiter(kHourly, 2);
  ASSERT_TRUE(limiter.Allow(2));
  Reservation first = limiter.Reserve(2);
  const Reservation second = limiter.Reserve(1);
  first.Cancel();  // one of the two is below the second reservation
  EXPECT_NEAR(absl::ToDoubleMinutes(second.Delay()), 180, 1);
  EXPECT_NEAR(absl::ToDoubleMinutes(limiter.Reserve().Delay()), 180, 1);
}

TEST(RateLimiterTest, WaitWaits) {
  RateLimiter limiter(Every(absl::Milliseconds(4)), 1);
  const absl::Time start = internal::TimeNow();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(limiter.Wait(Background()).ok());
  EXPECT_GE(internal::TimeNow() - start, absl::Milliseconds(19));
}

TEST(RateLimiterTest, WaitFailsAtOnceWhereItCannotBeInTime) {
  RateLimiter limiter(kHourly, 1);
  ASSERT_TRUE(limiter.Allow());
  auto [ctx, cancel] = WithTimeout(Background(), absl::Seconds(20));
  const absl::Time start = internal::TimeNow();
  EXPECT_TRUE(absl::IsDeadlineExceeded(limiter.Wait(ctx)));
  EXPECT_LT(internal::TimeNow() - start, absl::Seconds(10));
  cancel();
  EXPECT_TRUE(absl::IsCancelled(limiter.Wait(ctx)));
  EXPECT_TRUE(absl::IsInvalidArgument(limiter.Wait(Background(), 2)));
  EXPECT_NEAR(limiter.Tokens(), 0, 0.1);
}

TEST(RateLimiterTest, ACancelledWaitTakesNothing) {
  RateLimiter limiter(kHourly, 1);
  ASSERT_TRUE(limiter.Allow());
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup group;
  group.Go([&, ctx = ctx] { EXPECT_TRUE(absl::IsCancelled(limiter.Wait(ctx))); });
  testing::LetGoroutinesPark();
  EXPECT_NEAR(limiter.Tokens(), -1, 0.1);
  cancel();
  group.Wait();
  EXPECT_NEAR(limiter.Tokens(), 0, 0.1);
  EXPECT_TRUE(testing::NoTimers());
}

TEST(RateLimiterTest, LimitAndBurstCanChange) {
  RateLimiter limiter(kHourly, 1);
  ASSERT_TRUE(limiter.Allow());
  limiter.SetLimit(Per(1000, absl::Seconds(1)));
  limiter.SetBurst(5);
  EXPECT_EQ(limiter.Burst(), 5);
  EXPECT_DOUBLE_EQ(limiter.Limit().per_second, 1000);
  EXPECT_TRUE(limiter.Wait(Background(), 5).ok());
}

TEST(MultiLimiterTest, EveryLimitMustAllowIt) {
  RateLimiter loose(kHourly, 5), strict(Per(1, absl::Hours(2)), 2);
  MultiLimiter both({&loose, &strict}, "both");
  EXPECT_EQ(both.Limit(), strict.Limit());
  EXPECT_TRUE(both.Allow());
  EXPECT_TRUE(both.Allow());
  EXPECT_FALSE(both.Allow());
  EXPECT_NEAR(loose.Tokens(), 3, 0.1);  // the third was given back
}

TEST(MultiLimiterTest, AWaitThatFailsTakesNothingFromAny) {
  RateLimiter loose(kHourly, 5), strict(kHourly, 1);
  MultiLimiter both({&loose, &strict});
  ASSERT_TRUE(both.Wait(Background()).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(both.Wait(Background(), 2)));
  EXPECT_NEAR(loose.Tokens(), 4, 0.1);
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup group;
  group.Go([&, ctx = ctx] { EXPECT_TRUE(absl::IsCancelled(both.Wait(ctx))); });
  testing::LetGoroutinesPark();
  cancel();
  group.Wait();
  EXPECT_NEAR(loose.Tokens(), 4, 0.1);
  EXPECT_NEAR(strict.Tokens(), 0, 0.1);
}

TEST(MultiLimiterTest, WaitsAsLongAsTheSlowestWants) {
  RateLimiter fast(Every(absl::Milliseconds(1)), 1), slow(Every(absl::Milliseconds(10)), 1);
  MultiLimiter both({&fast, &slow});
  const absl::Time start = internal::TimeNow();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(both.Wait(Background()).ok());
  EXPECT_GE(internal::TimeNow() - start, absl::Milliseconds(29));
}

}  // namespace
}  // namespace gordian
