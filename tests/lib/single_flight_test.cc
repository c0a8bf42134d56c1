// Work done once for many.
#include "gordian/single_flight.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/select.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using testing::LetGoroutinesPark;
using Flight = SingleFlight<std::string, int>;

TEST(SingleFlightTest, AloneItIsNotShared) {
  Flight flight;
  const Flight::Result got = flight.Do("key", [] { return 4; });
  EXPECT_EQ(*got.value, 4);
  EXPECT_FALSE(got.shared);
  EXPECT_EQ(*flight.Do("key", [] { return 5; }).value, 5);
}

TEST(SingleFlightTest, AnErrorIsSharedToo) {
  Flight flight;
  EXPECT_TRUE(
      absl::IsNotFound(flight.Do("key", [] { return absl::NotFoundError(""); }).value.status()));
}

TEST(SingleFlightTest, CallsThatOverlapShare) {
  Flight flight("flight");
  Chan<Unit> go_on(0);
  std::atomic<int> ran{0}, shared{0};
  WaitGroup group;
  for (int i = 0; i < 10; ++i) {
    group.Go([&] {
      const Flight::Result got = flight.Do("key", [&] {
        ++ran;
        go_on.Recv();
        return 7;
      });
      EXPECT_EQ(*got.value, 7);
      shared += got.shared;
    });
  }
  LetGoroutinesPark();
  EXPECT_EQ(*flight.Do("other", [] { return 1; }).value, 1);
  go_on.Close();
  group.Wait();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(shared, 10);
}

TEST(SingleFlightTest, ThroughChannels) {
  Flight flight;
  Chan<Unit> go_on(0);
  const auto first = flight.DoChan("key", [&] {
    go_on.Recv();
    return 7;
  });
  const auto second = flight.DoChan("key", [] { return 8; });
  EXPECT_EQ(Select(Recv(first), Recv(second), Default()), 2);
  go_on.Close();
  EXPECT_EQ(*first.Recv()->value, 7);
  const auto got = second.Recv();
  EXPECT_EQ(*got->value, 7);
  EXPECT_TRUE(got->shared);
  LetGoroutinesPark();
}

TEST(SingleFlightTest, WhatNobodyReceivesKeepsNobody) {
  Flight flight;
  flight.DoChan("key", [] { return 7; });
  LetGoroutinesPark();
  EXPECT_EQ(*flight.Do("key", [] { return 8; }).value, 8);
}

TEST(SingleFlightTest, AForgottenCallIsNotJoined) {
  Flight flight;
  Chan<Unit> go_on(0);
  const auto first = flight.DoChan("key", [&] {
    go_on.Recv();
    return 1;
  });
  flight.Forget("key");
  EXPECT_EQ(*flight.Do("key", [] { return 2; }).value, 2);
  go_on.Close();
  EXPECT_EQ(*first.Recv()->value, 1);
  LetGoroutinesPark();
}

TEST(SingleFlightTest, AnExceptionReachesAllWhoShare) {
  Flight flight;
  Chan<Unit> go_on(0);
  std::atomic<int> caught{0};
  WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([&] {
      try {
        flight.Do("key", [&]() -> int {
          go_on.Recv();
          throw std::runtime_error("no");
        });
      } catch (const std::runtime_error&) {
        ++caught;
      }
    });
  }
  LetGoroutinesPark();
  go_on.Close();
  group.Wait();
  EXPECT_EQ(caught, 4);
  EXPECT_EQ(*flight.Do("key", [] { return 2; }).value, 2);
}

TEST(SingleFlightDeathTest, AnExceptionWithAChannelEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto body = [] {
    Flight flight;
    flight.DoChan("key", []() -> int { throw std::runtime_error("no answer"); }).Recv();
  };
  EXPECT_EXIT(body(), ::testing::ExitedWithCode(66), "no answer");
}

}  // namespace
}  // namespace gordian
