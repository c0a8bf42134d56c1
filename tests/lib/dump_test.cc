// A dump says of every goroutine what it does and what it works for; labels are inherited.
#include <string>

#include "gmock/gmock.h"
#include "gordian/gordian.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LetGoroutinesPark;
using ::testing::Not;
using ::testing::Pair;

TEST(Dump, SaysWhatEachGoroutineWaitsFor) {
  Chan<int> orders(0, "orders");
  Mutex till{"till"};
  Semaphore seats(1, "seats");
  WaitGroup done;
  till.Lock();
  ASSERT_TRUE(seats.TryAcquire());
  done.Go("cook", [&] { orders.Recv(); });
  done.Go("waiter", [&] { Select(Recv(orders), Recv(After(absl::Hours(1)))); });
  done.Go("cashier", [&] { const std::scoped_lock lock(till); });
  done.Go("guest", [&] { ASSERT_TRUE(seats.Acquire(Background()).ok()); });
  LetGoroutinesPark();
  const std::string dump = DumpGoroutines();
  orders.Close();
  till.Unlock();
  seats.Release();
  done.Wait();
  EXPECT_THAT(dump, HasSubstr("\"cook\": waits to receive from a channel \"orders\""));
  EXPECT_THAT(dump, HasSubstr("\"waiter\": waits to select"));
  EXPECT_THAT(dump, HasSubstr("\"cashier\": waits to lock a Mutex \"till\""));
  EXPECT_THAT(dump, HasSubstr("\"guest\": waits to acquire a Semaphore \"seats\""));
  EXPECT_THAT(dump, HasSubstr("dump_test.cc:"));
#if defined(__x86_64__)
  EXPECT_THAT(dump, HasSubstr("lib_dump_test+0x"));
#endif
  EXPECT_THAT(DumpGoroutines(), Not(HasSubstr("cook")));
}

TEST(Labels, AreInheritedAndShown) {
  Chan<int> orders(0);
  WaitGroup done;
  const int answer = WithLabels({{"table", "4"}, {"floor", "1"}}, [&] {
    done.Go("cook", [&] {
      WithLabels({{"floor", "2"}}, [&] { orders.Recv(); });
      EXPECT_THAT(CurrentLabels(), ElementsAre(Pair("floor", "1"), Pair("table", "4")));
      done.Go("washer", [&] {
        EXPECT_THAT(CurrentLabels(), ElementsAre(Pair("floor", "1"), Pair("table", "4")));
      });
    });
    EXPECT_THAT(CurrentLabels(), ElementsAre(Pair("floor", "1"), Pair("table", "4")));
    return 42;
  });
  EXPECT_EQ(answer, 42);
  EXPECT_THAT(CurrentLabels(), IsEmpty());
  LetGoroutinesPark();
  const std::string dump = DumpGoroutines();
  orders.Close();
  done.Wait();
  EXPECT_THAT(dump, HasSubstr("labels floor=2, table=4\n"));
}

// A goroutine that is used again has none of those that its predecessor had.
TEST(Labels, EndWithTheirGoroutine) {
  for (int i = 0; i < 100; ++i) {
    WaitGroup done;
    WithLabels({{"round", std::to_string(i)}}, [&] { done.Go([] {}); });
    done.Wait();
    done.Go([] { EXPECT_THAT(CurrentLabels(), IsEmpty()); });
    done.Wait();
  }
}

// Those who inherit, those who end and those who look.
TEST(Labels, AreReadWhileTheyChange) {
  WaitGroup done;
  Atomic<int> ended{0};
  for (int i = 0; i < 4; ++i) {
    done.Go([&] {
      for (int k = 0; k < 100; ++k) {
        WaitGroup child;
        WithLabels({{"key", std::string(50, 'x')}}, [&] { child.Go([] { Gosched(); }); });
        child.Wait();
      }
      ended.Add(1);
    });
  }
  while (ended.Load() < 4) {
    DumpGoroutines();
    Gosched();
  }
  done.Wait();
}

}  // namespace
}  // namespace gordian
