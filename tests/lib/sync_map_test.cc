// SyncMap: against a plain map, from many goroutines, and what is recorded.
#include "gordian/sync_map.h"

#include <map>
#include <optional>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gordian/go.h"
#include "gordian/wait_group.h"
#include "tests/lib/recorded.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::Recorded;

TEST(SyncMapTest, EachOperation) {
  SyncMap<std::string, int> map;
  EXPECT_EQ(map.Load("a"), std::nullopt);
  map.Store("a", 1);
  EXPECT_EQ(map.Load("a"), 1);
  EXPECT_EQ(map.Swap("a", 2), 1);
  EXPECT_EQ(map.Swap("b", 3), std::nullopt);
  const auto there = map.LoadOrStore("a", 9);
  EXPECT_TRUE(there.loaded);
  EXPECT_EQ(there.value, 2);
  const auto fresh = map.LoadOrStore("c", 9);
  EXPECT_FALSE(fresh.loaded);
  EXPECT_EQ(fresh.value, 9);
  EXPECT_FALSE(map.CompareAndSwap("a", 5, 6));
  EXPECT_TRUE(map.CompareAndSwap("a", 2, 6));
  EXPECT_FALSE(map.CompareAndSwap("nobody", 2, 6));
  EXPECT_FALSE(map.CompareAndDelete("a", 5));
  EXPECT_TRUE(map.CompareAndDelete("a", 6));
  EXPECT_EQ(map.LoadAndDelete("b"), 3);
  EXPECT_EQ(map.LoadAndDelete("b"), std::nullopt);
  map.Delete("b");
  map.Clear();
  EXPECT_EQ(map.Load("c"), std::nullopt);
}

TEST(SyncMapTest, RangeSeesAllAndEndsWhenTold) {
  SyncMap<int, int> map;
  for (int i = 0; i < 1000; ++i) map.Store(i, -i);
  std::map<int, int> seen;
  map.Range([&](int key, int value) {
    map.Delete(key);  // it may change meanwhile
    return seen.emplace(key, value).second;
  });
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(seen[7], -7);
  for (int i = 0; i < 10; ++i) map.Store(i, i);
  int calls = 0;
  map.Range([&](int, int) { return ++calls < 4; });
  EXPECT_EQ(calls, 4);
}

TEST(SyncMapTest, RandomOperationsAgreeWithAPlainMap) {
  std::mt19937 random(20240611);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  SyncMap<int, int> map;
  std::map<int, int> plain;
  const auto in_plain = [&](int key) {
    const auto found = plain.find(key);
    return found == plain.end() ? std::nullopt : std::optional<int>(found->second);
  };
  for (int step = 0; step < 20000; ++step) {
    const int key = pick(50), value = pick(5);
    const std::optional<int> before = in_plain(key);
    switch (pick(7)) {
      case 0:
        map.Store(key, value);
        plain[key] = value;
        break;
      case 1:
        EXPECT_EQ(map.Swap(key, value), before);
        plain[key] = value;
        break;
      case 2:
        EXPECT_EQ(map.LoadAndDelete(key), before);
        plain.erase(key);
        break;
      case 3:
        EXPECT_EQ(map.LoadOrStore(key, value).value, before.value_or(value));
        plain.emplace(key, value);
        break;
      case 4:
        EXPECT_EQ(map.CompareAndSwap(key, value, value + 1), before == value);
        if (before == value) plain[key] = value + 1;
        break;
      case 5:
        EXPECT_EQ(map.CompareAndDelete(key, value), before == value);
        if (before == value) plain.erase(key);
        break;
      default:
        EXPECT_EQ(map.Load(key), before);
    }
  }
}

TEST(SyncMapTest, NoUpdateIsLost) {
  SyncMap<int, int> map;
  WaitGroup group;
  for (int worker = 0; worker < 4; ++worker) {
    group.Go([&] {
      for (int i = 0; i < 500; ++i) {
        for (bool done = false; !done;) {
          const int value = map.LoadOrStore(i % 5, 0).value;
          done = map.CompareAndSwap(i % 5, value, value + 1);
        }
      }
    });
  }
  group.Wait();
  for (int key = 0; key < 5; ++key) EXPECT_EQ(map.Load(key), 400);
}

TEST(SyncMapTest, EachKeyIsACellOfItsOwn) {
  const Recorded trace([] {
    SyncMap<int, int> map("map");
    map.Store(1, 1);
    map.Load(1);
    map.Load(2);
    map.Delete(1);
  });
  EXPECT_THAT(trace.Of("map"),
              ElementsAre("main object kind=12 detail=0", "main store order=5", "main load order=5",
                          "main object kind=18 detail=0", "main hb-acquire", "main rmw order=5",
                          "main hb-release", "main object-end", "main object-end"));
}

}  // namespace
}  // namespace gordian
