// Pools give back what was put, or something new, and nothing twice.
#include "gordian/pool.h"

#include <memory>
#include <set>

#include "gordian/atomic.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

TEST(PoolTest, GivesBackWhatWasPut) {
  int made = 0;
  Pool<int> pool([&] { return --made; }, "numbers");
  EXPECT_EQ(pool.Get(), -1);
  pool.Put(7);
  pool.Put(8);
  const std::set<int> got = {pool.Get(), pool.Get()};
  EXPECT_EQ(got, (std::set<int>{7, 8}));
  EXPECT_EQ(pool.Get(), -2);
}

TEST(PoolTest, WithoutAMakerAnEmptyPoolGivesAnEmptyValue) {
  Pool<std::unique_ptr<int>> pool;
  EXPECT_EQ(pool.Get(), nullptr);
  pool.Put(std::make_unique<int>(3));
  EXPECT_EQ(*pool.Get(), 3);
  pool.Put(std::make_unique<int>(4));  // destroyed with the pool
}

TEST(PoolTest, NothingIsEverGivenToTwo) {
  Atomic<int> made{0};
  Pool<std::unique_ptr<Atomic<int>>> pool([&] {
    made.Add(1);
    return std::make_unique<Atomic<int>>(0);
  });
  WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.Go([&] {
      for (int k = 0; k < 2'000; ++k) {
        std::unique_ptr<Atomic<int>> users = pool.Get();
        EXPECT_EQ(users->Add(1), 1);
        EXPECT_EQ(users->Add(-1), 0);
        pool.Put(std::move(users));
      }
    });
  }
  group.Wait();
  EXPECT_LE(made.Load(), 8);
}

}  // namespace
}  // namespace gordian
