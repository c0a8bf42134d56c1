// Waits that another task completes: the completion comes after the request, and before
// whatever the waiter does next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/reader/reader.h"
#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Order;
using gordian::testing::Pieces;

// Two threads: what task 1 and task 2 (a root) write, each in a stream of its own. `settings`
// is written by task 1 first.
Order OrderOf(std::string_view settings, std::string_view first, std::string_view second,
              bool second_first = false) {
  const auto one =
      Pieces("@ 1\nrun #1 run=1 ns=1\n" + std::string(settings) + "\n" + std::string(first));
  const auto two = Pieces("@ 2\nrun #2 v0 root run=1 ns=1\n" + std::string(second));
  Reader reader;
  Order order;
  for (const auto& pieces : second_first ? std::vector{two, one} : std::vector{one, two}) {
    for (const auto& [stream, words] : pieces) reader.Feed(stream, words);
    EXPECT_TRUE(reader.Drain(std::ref(order)).ok());
  }
  return order;
}

class ReaderWaits : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(EitherFirst, ReaderWaits, ::testing::Bool());

TEST_P(ReaderWaits, AReleasedWaitGroupWaiterGoesOnAfterTheLastDone) {
  const Order order = OrderOf(R"(object 1 v1 kind=waitgroup detail=0
wg-add 1 v2 delta=1 value=1)",
                              R"(wg-add 1 v3 delta=-1 value=0
wg-wait 1 v3 for=#2)",
                              R"(wg-request 1 v2
read 9)",
                              GetParam());
  EXPECT_TRUE(order.Precedes("#2 wg-request 1", "#2 wg-wait 1"));
  EXPECT_TRUE(order.Precedes("#2 wg-wait 1", "#2 read 9"));
}

TEST_P(ReaderWaits, AHandoffComesAfterTheRequest) {
  const Order order = OrderOf("object 1 v1 kind=mutex detail=0\nlock 1",
                              R"(unlock 1 v3
lock 1 v4 for=#2
time ns=500)",
                              R"(lock-request 1 v2
unlock 1 v5)",
                              GetParam());
  EXPECT_TRUE(order.Precedes("#1 lock 1", "#2 lock-request 1"));
  EXPECT_TRUE(order.Precedes("#2 lock-request 1", "#2 lock 1"));
  EXPECT_TRUE(order.Precedes("#2 lock 1", "#2 unlock 1"));
}

TEST_P(ReaderWaits, ABargingWaiterTakesItsLockItself) {
  const Order order =
      OrderOf("object 1 v1 kind=mutex detail=0\nlock 1", "unlock 1\nlock 1\nunlock 1",
              "lock-request 1 v2\nlock 1 v6\nprogress", GetParam());
  EXPECT_TRUE(order.Precedes("#2 lock 1", "#2 progress"));
}

TEST_P(ReaderWaits, AWaitMayEndByItself) {
  const Order order = OrderOf("object 1 v1 kind=mutex detail=0\nlock 1", "unlock 1",
                              "lock-request 1 v2 timed\nwait-end 1 why=0\nprogress", GetParam());
  EXPECT_TRUE(order.Precedes("#2 wait-end 1 why=0", "#2 progress"));
}

TEST_P(ReaderWaits, ACondWaiterUnlocksBesideItsRequest) {
  const Order order = OrderOf(R"(object 1 v1 kind=mutex detail=0
object 2 v1 kind=cond detail=0
lock 1
unlock 1)",
                              R"(cond-signal 2 v3 woken=1
cond-wake 2 v4 for=#2
progress)",
                              R"(lock 1 v4
cond-wait 2 v2 lock=1
unlock 1 v5
lock 1 v6
fence order=5)",
                              GetParam());
  EXPECT_TRUE(order.Precedes("#2 cond-wait 2 lock=1", "#2 unlock 1"));
  EXPECT_TRUE(order.Precedes("#2 cond-wake 2", "#2 fence order=5"));
}

TEST_P(ReaderWaits, ASelectIsCompletedByOneOfItsCases) {
  const Order order = OrderOf(R"(object 1 v1 kind=channel detail=0
object 2 v1 kind=channel detail=0)",
                              R"(send 2 v2
recv 2 v3 for=#2 select)",
                              R"(select 2 has_default=0
case-send 1
case-recv 2
select-block 2
select-end 1)",
                              GetParam());
  EXPECT_TRUE(order.Precedes("#2 select-block 2", "#2 recv 2"));
  EXPECT_TRUE(order.Precedes("#2 recv 2", "#2 select-end 1"));
}

TEST_P(ReaderWaits, ASleeperIsWokenByAnotherStream) {
  const Order order =
      OrderOf("", "wait-end 0 v0 for=#2 why=3\n", "sleep duration_ns=5\nprogress", GetParam());
  EXPECT_TRUE(order.Precedes("#2 sleep duration_ns=5", "#2 wait-end 0 why=3"));
  EXPECT_TRUE(order.Precedes("#2 wait-end 0 why=3", "#2 progress"));
}

TEST_P(ReaderWaits, EachCompletionFindsItsOwnRequest) {
  const Order order = OrderOf("object 1 v1 kind=channel detail=0",
                              R"(send 1
recv 1 v3 for=#2
send 1
recv 1 v5 for=#2
send 1
recv 1 v7 for=#2)",
                              R"(recv-request 1 v1
fence order=1
recv-request 1 v3
fence order=2
recv-request 1 v5
fence order=3)",
                              GetParam());
  ASSERT_EQ(order.lines().size(), 3u + 6u + 6u);
  std::string task_2;
  for (const std::string& line : order.lines()) {
    if (line.starts_with("#2 recv-request")) task_2 += 'q';
    if (line.starts_with("#2 recv 1")) task_2 += 'r';
    if (line.starts_with("#2 fence")) task_2 += 'f';
  }
  EXPECT_EQ(task_2, "qrfqrfqrf");
}

TEST_P(ReaderWaits, DefinitionsDoNotWait) {
  const Order order = OrderOf("object 1 v1 kind=mutex detail=0\nlock 1", "progress",
                              R"(lock-request 1 v2
time ns=900
site 3 line=1 column=1 "a.cc"
stop #2 ns=901)",
                              GetParam());
  EXPECT_EQ(order.lines().back(), "#2 stop #2 ns=901");
}

TEST(ReaderWaits, ACompletionThatNeverComesIsPassedOverAtTheEnd) {
  Reader reader;
  Order order;
  for (const auto& [stream, words] : Pieces(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock-request 1 v1
progress)")) {
    reader.Feed(stream, words);
  }
  EXPECT_TRUE(reader.Drain(std::ref(order)).ok());
  EXPECT_EQ(order.lines().back(), "#1 lock-request 1");
  EXPECT_TRUE(reader.Finish(std::ref(order)).ok());
  EXPECT_EQ(order.lines().back(), "#1 progress");
}

TEST(ReaderWaits, ARequestThatWasLostIsPassedOverAtTheEnd) {
  Reader reader;
  Order order;
  for (const auto& [stream, words] : Pieces(R"(@ 1
run #1 run=1 ns=1
object 1 v1 kind=mutex detail=0
lock 1 v2 for=#2
progress)")) {
    reader.Feed(stream, words);
  }
  EXPECT_TRUE(reader.Drain(std::ref(order)).ok());
  EXPECT_EQ(order.lines().size(), 2u);
  EXPECT_TRUE(reader.Finish(std::ref(order)).ok());
  EXPECT_EQ(order.lines().size(), 4u);
}

}  // namespace
}  // namespace gordian::detector
