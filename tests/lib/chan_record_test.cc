// What channels and selects write to the trace, as FORMAT.md has it.
#include "gmock/gmock.h"
#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/panic.h"
#include "gordian/select.h"
#include "instrument/schedule/point.h"
#include "tests/lib/recorded.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::LetGoroutinesPark;
using testing::Recorded;

TEST(ChanRecordTest, AnExchangeWithAParkedReceiver) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    Go("worker", [&c] { c.Recv(); });
    LetGoroutinesPark();
    c.Send(1);
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.Of("c"), ElementsAre("main object kind=8 detail=0", "worker recv-request",
                                         "worker handles count=1", "main send", "worker recv for",
                                         "main object-end"));
}

TEST(ChanRecordTest, AnExchangeWithAParkedSender) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    Go("worker", [&c] { c.Send(1); });
    LetGoroutinesPark();
    c.Recv();
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.Of("c"), ElementsAre("main object kind=8 detail=0", "worker send-request",
                                         "worker handles count=1", "worker send for", "main recv",
                                         "main object-end"));
}

TEST(ChanRecordTest, AReceiveFromAFullBufferLetsTheParkedSenderIn) {
  const Recorded trace([] {
    Chan<int> c(1, "c");
    c.Send(0);
    Go("worker", [&c] { c.Send(1); });
    LetGoroutinesPark();
    c.Recv();
    LetGoroutinesPark();
    c.Recv();
    c.Len();
  });
  EXPECT_THAT(trace.Of("c"),
              ElementsAre("main object kind=8 detail=1", "main send", "worker send-request",
                          "worker handles count=1", "main recv", "worker send for", "main recv",
                          "main len", "main object-end"));
}

TEST(ChanRecordTest, CloseServesParkedReceiversAndLaterOnes) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    Go("worker", [&c] { c.Recv(); });
    LetGoroutinesPark();
    c.Close();
    c.Recv();
    LetGoroutinesPark();
  });
  EXPECT_THAT(
      trace.Of("c"),
      ElementsAre("main object kind=8 detail=0", "worker recv-request", "worker handles count=1",
                  "main close", "worker recv-closed for", "main recv-closed", "main object-end"));
}

TEST(ChanRecordTest, MisuseIsWrittenBeforeThePanic) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    c.Close();
    EXPECT_THROW(c.Close(), Panic);
    EXPECT_THROW(c.Send(2), Panic);
  });
  EXPECT_THAT(trace.Of("c"),
              ElementsAre("main object kind=8 detail=0", "main close", "main misuse what=1",
                          "main misuse what=0", "main object-end"));
}

TEST(ChanRecordTest, ASenderParkedAtTheCloseEndsItsWaitItself) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    Go("worker", [&c] { EXPECT_THROW(c.Send(1), Panic); });
    LetGoroutinesPark();
    c.Close();
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.By("worker"),
              ElementsAre("worker send-request", "worker wait-end why=2", "worker misuse what=0"));
}

TEST(ChanRecordTest, HandlesAreToldWhileSomebodyIsParked) {
  const Recorded trace([] {
    Chan<int> c(0, "c");
    const Chan<int> unseen = c;  // nobody is parked yet
    Go("worker", [&c] { c.Recv(); });
    LetGoroutinesPark();
    {
      const RecvChan<int> another = c;
    }
    c.Send(1);
    LetGoroutinesPark();
    const Chan<int> late = c;  // nobody is parked any more
  });
  EXPECT_THAT(trace.Of("c"),
              ElementsAre("main object kind=8 detail=0", "worker recv-request",
                          "worker handles count=2", "main handles count=3", "main handles count=2",
                          "main send", "worker recv for", "main object-end"));
}

TEST(ChanRecordTest, AChannelWhoseHandlesAreGoneWhileSomebodyIsParked) {
  const Recorded trace([] {
    auto* c = new Chan<int>(0, "c");
    Go("worker", [c] { c->Recv(); });
    LetGoroutinesPark();
    delete c;
  });
  EXPECT_THAT(trace.Of("c"), ElementsAre("main object kind=8 detail=0", "worker recv-request",
                                         "worker handles count=1", "main handles count=0"));
}

TEST(ChanRecordTest, ANilOperationIsAWaitOnObjectZero) {
  const Recorded trace([] {
    Go("worker", [] { Chan<int>().Recv(); });
    EXPECT_THROW(Chan<int>().Close(), Panic);
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.By("worker"), ElementsAre("worker misuse what=3", "worker recv-request"));
  EXPECT_THAT(trace.By("main"), ElementsAre("main misuse what=2"));
}

TEST(SelectRecordTest, AReadySelectWritesItsCasesAndWhatItTook) {
  const Recorded trace([] {
    Chan<int> a(1, "a"), b(1, "b"), nil;
    b.Send(4);
    Select(Send(nil, 1), Recv(b), Default());
    Select(Recv(b), Default());
  });
  EXPECT_THAT(
      trace.By("main"),
      ElementsAre("main object kind=8 detail=1", "main object kind=8 detail=1", "main send",
                  "main select 2 has_default=1", "main case-send", "main case-recv",
                  "main recv select", "main select-end 1", "main select 1 has_default=1",
                  "main case-recv", "main select-end 1", "main object-end", "main object-end"));
}

TEST(SelectRecordTest, PollsThatFindTheSameAreCounted) {
  const bool each_is_a_point = schedule::AttentionWanted();
  const Recorded trace([] {
    Chan<int> c(1, "c");
    const auto poll = [&] { return Select(Recv(c), Default()); };
    for (int i = 0; i < 1 + 2 * 64 + 5; ++i) poll();
    c.Send(1);  // the channel is another now, whoever empties it
    c.Recv();
    poll();
    Select(Recv(c), Default());  // another place
    poll();
  });
  const std::vector<std::string> polled = {"main select 1 has_default=1", "main case-recv",
                                           "main select-end 1"};
  std::vector<std::string> expected = {"main object kind=8 detail=1"};
  for (int i = 0; i < (each_is_a_point ? 134 : 1); ++i) {
    expected.insert(expected.end(), polled.begin(), polled.end());
  }
  if (!each_is_a_point) expected.insert(expected.end(), 2, "main select-polls 64");
  expected.insert(expected.end(), {"main send", "main recv"});
  for (int i = 0; i < 3; ++i) expected.insert(expected.end(), polled.begin(), polled.end());
  expected.emplace_back("main object-end");
  EXPECT_EQ(trace.By("main"), expected);
}

TEST(SelectRecordTest, ABlockedSelectIsCompletedByItsPartner) {
  const Recorded trace([] {
    Chan<int> a(0, "a"), b(0, "b");
    Go("worker", [&] { Select(Recv(a), Send(b, 1)); });
    LetGoroutinesPark();
    b.Recv();
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.By("worker"), ElementsAre("worker select 2 has_default=0", "worker case-recv",
                                              "worker case-send", "worker select-block 2",
                                              "worker send for select", "worker select-end 1"));
  EXPECT_THAT(trace.Of("b"), ElementsAre("main object kind=8 detail=0", "worker case-send",
                                         "worker handles count=1", "worker send for select",
                                         "main recv", "main object-end"));
}

TEST(SelectRecordTest, ACloseEndsABlockedReceiveAndFailsABlockedSend) {
  const Recorded trace([] {
    Chan<int> a(0, "a"), b(0, "b");
    Go("receiver", [&] { Select(Recv(a)); });
    Go("sender", [&] { EXPECT_THROW(Select(Send(b, 1)), Panic); });
    LetGoroutinesPark();
    a.Close();
    b.Close();
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.By("receiver"),
              ElementsAre("receiver select 1 has_default=0", "receiver case-recv",
                          "receiver select-block 1", "receiver recv-closed for select",
                          "receiver select-end 0"));
  EXPECT_THAT(trace.By("sender"), ElementsAre("sender select 1 has_default=0", "sender case-send",
                                              "sender select-block 1", "sender wait-end why=2",
                                              "sender select-end 0", "sender misuse what=0"));
}

TEST(SelectRecordTest, ASelectOfNilChannelsIsMisuse) {
  const Recorded trace([] {
    Go("worker", [] { Select(Recv(Chan<int>())); });
    LetGoroutinesPark();
  });
  EXPECT_THAT(trace.By("worker"), ElementsAre("worker select 1 has_default=0", "worker case-recv",
                                              "worker misuse what=3", "worker select-block 1"));
}

}  // namespace
}  // namespace gordian
