// Tests that end their process, or do not end: what is said of them. Run by endings_test.
#include <gtest/gtest.h>

#include <stdexcept>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;

constexpr absl::Duration kLong = absl::Hours(1);

TEST(Panic, OfTheProgram) {
  Go("boomer", [] { throw gordian::Panic("boom"); });
  gordian::Sleep(kLong);
}

TEST(Panic, OfTheLibrary) {
  Chan<int> closed(1, "closed");
  closed.Close();
  Go("late closer", [closed] { closed.Close(); });
  gordian::Sleep(kLong);
}

TEST(Panic, IsAnotherException) {
  Go("thrower", [] { throw std::runtime_error("no such file"); });
  gordian::Sleep(kLong);
}

TEST(Panic, TwinIsRecovered) {
  Chan<int> done(0);
  Go("catcher", [done] {
    try {
      throw gordian::Panic("boom");
    } catch (const gordian::Panic& panic) {
      EXPECT_STREQ(panic.where().file_name(), __FILE__);
      EXPECT_EQ(panic.where().line(), __LINE__ - 3);
    }
    done.Send(1);
  });
  done.Recv();
}

TEST(Fatal, UnlockInAGoroutine) {
  Go("careless", [] {
    Mutex mu{"mu"};
    mu.Unlock();
  });
  gordian::Sleep(kLong);
}

TEST(Time, TasksAreShown) {
  Mutex mu{"ledger"};
  Chan<int> orders(0, "orders");
  for (int i = 0; i < 3; ++i) {
    Go("clerk", [orders] { orders.Recv(); });
  }
  mu.Lock();
  gordian::Sleep(kLong);
  mu.Unlock();
  orders.Close();
}

TEST(Last, Runs) { EXPECT_TRUE(true); }

}  // namespace
