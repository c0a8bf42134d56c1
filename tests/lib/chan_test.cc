// Channels, point by point as the Go specification has them, from goroutines and threads.
#include "gordian/chan.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gordian/go.h"
#include "gordian/panic.h"
#include "gordian/time.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::LetGoroutinesPark;

// Long enough for a thread to block, mostly; the tests hold either way.
void Pause() { Sleep(absl::Milliseconds(5)); }

TEST(ChanTest, AnUnbufferedSendWaitsForItsReceiver) {
  Chan<int> c(0);
  Chan<Unit> done(0);
  std::atomic<bool> sent{false};
  Go([&] {
    c.Send(7);
    sent = true;
    done.Send({});
  });
  LetGoroutinesPark();
  EXPECT_FALSE(sent);
  EXPECT_EQ(c.Recv(), 7);
  done.Recv();
  EXPECT_TRUE(sent);
}

TEST(ChanTest, AReceiverThatCameFirstIsServed) {
  Chan<std::string> c(0);
  Chan<std::string> echo(0);
  Go([=] { echo.Send(*c.Recv() + "!"); });
  LetGoroutinesPark();
  c.Send("hello");
  EXPECT_EQ(echo.Recv(), "hello!");
}

TEST(ChanTest, ABufferTakesItsCapacityWithoutAReceiver) {
  Chan<int> c(3);
  for (int i = 0; i < 3; ++i) c.Send(i);
  EXPECT_EQ(c.Len(), 3u);
  EXPECT_EQ(c.Cap(), 3u);
  std::atomic<bool> sent{false};
  std::thread fourth([&] {
    c.Send(3);
    sent = true;
  });
  Pause();
  EXPECT_FALSE(sent);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(c.Recv(), i);
  fourth.join();
  EXPECT_EQ(c.Len(), 0u);
}

TEST(ChanTest, ARangeEndsWhenTheChannelIsClosedAndEmpty) {
  Chan<int> c(8);
  for (int i = 0; i < 5; ++i) c.Send(i);
  c.Close();
  std::vector<int> seen;
  for (int value : c) seen.push_back(value);
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(c.Recv(), std::nullopt);
  EXPECT_EQ(c.Recv(), std::nullopt);
}

TEST(ChanTest, CloseWakesEveryParkedReceiver) {
  Chan<int> c(0);
  std::atomic<int> closed{0};
  std::vector<std::thread> receivers;
  for (int i = 0; i < 3; ++i) {
    receivers.emplace_back([&] { closed += !c.Recv().has_value(); });
  }
  Pause();
  c.Close();
  for (std::thread& receiver : receivers) receiver.join();
  EXPECT_EQ(closed, 3);
}

TEST(ChanTest, ASenderParkedAtTheClosePanics) {
  Chan<int> c(0);
  Chan<std::string> message(1);
  Go([=] {
    try {
      c.Send(1);
    } catch (const Panic& panic) {
      message.Send(panic.what());
    }
  });
  LetGoroutinesPark();
  c.Close();
  EXPECT_EQ(message.Recv(), "send on closed channel");
}

TEST(ChanTest, MisuseOfAClosedOrNilChannelPanics) {
  Chan<int> c(1);
  c.Close();
  EXPECT_THROW(c.Send(1), Panic);
  EXPECT_THROW(c.Close(), Panic);
  EXPECT_THROW(Chan<int>().Close(), Panic);
  EXPECT_THROW(Chan<int>(-1), Panic);
  EXPECT_THROW(Chan<std::string>(std::size_t{1} << 60), Panic);
}

TEST(ChanTest, NilHasNoLengthAndEqualsNil) {
  const Chan<int> nil;
  EXPECT_EQ(nil.Len(), 0u);
  EXPECT_EQ(nil.Cap(), 0u);
  EXPECT_FALSE(nil);
  EXPECT_TRUE(nil == nullptr);
  EXPECT_TRUE(nil == Chan<int>());
}

TEST(ChanTest, HandlesOfOneChannelAreEqualWhateverTheirDirection) {
  const Chan<int> c(1);
  const SendChan<int> in = c;
  const RecvChan<int> out = c;
  EXPECT_TRUE(c == in);
  EXPECT_TRUE(in == out);
  EXPECT_FALSE(c == Chan<int>(1));
  in.Send(4);
  EXPECT_EQ(out.Recv(), 4);
  in.Close();
  for (int value : out) FAIL() << value;
  static_assert(!std::is_convertible_v<SendChan<int>, Chan<int>>);
  static_assert(!std::is_convertible_v<RecvChan<int>, Chan<int>>);
  static_assert(!std::is_convertible_v<SendChan<int>, RecvChan<int>>);
}

TEST(ChanTest, ElementsMayBeMoveOnly) {
  Chan<std::unique_ptr<int>> c(1);
  c.Send(std::make_unique<int>(1));
  Go([=] { c.Send(std::make_unique<int>(2)); });
  LetGoroutinesPark();
  EXPECT_EQ(**c.Recv(), 1);
  EXPECT_EQ(**c.Recv(), 2);
  c.Send(std::make_unique<int>(3));
  c.Close();
  for (std::unique_ptr<int> p : c) EXPECT_EQ(*p, 3);
}

// A type whose move may throw is boxed; this one throws when it is told to.
struct Copied {
  explicit Copied(int n) : number(n) {}
  Copied(const Copied& other) : number(other.number) {
    if (number < 0) throw std::runtime_error("negative");
  }
  int number;
};

TEST(ChanTest, AnElementWhoseCopyThrowsLeavesTheChannelAsItWas) {
  Chan<Copied> c(1);
  const Copied bad(-1);
  EXPECT_THROW(c.Send(bad), std::runtime_error);
  EXPECT_EQ(c.Len(), 0u);
  c.Send(Copied(5));
  EXPECT_EQ(c.Recv()->number, 5);
}

TEST(ChanTest, ElementsMayBeOverAligned) {
  struct alignas(64) Line {
    int number;
  };
  Chan<Line> c(2);
  c.Send({1});
  c.Send({2});
  EXPECT_EQ(c.Recv()->number, 1);
  const std::optional<Line> second = c.Recv();
  EXPECT_EQ(second->number, 2);
}

// Counts the instances alive.
struct Counted {
  explicit Counted(int* count) : alive(count) { ++*alive; }
  Counted(Counted&& other) noexcept : alive(other.alive) { ++*alive; }
  ~Counted() { --*alive; }
  int* alive;
};

TEST(ChanTest, ElementsLeftInTheBufferAreDestroyedWithTheLastHandle) {
  int alive = 0;
  {
    Chan<Counted> c(4);
    for (int i = 0; i < 4; ++i) c.Send(Counted(&alive));
    EXPECT_EQ(alive, 4);
    c.Recv();
    c.Send(Counted(&alive));  // the ring has wrapped
    const RecvChan<Counted> other = c;
    c = Chan<Counted>();
    EXPECT_EQ(alive, 4);
    EXPECT_EQ(other.Len(), 4u);
  }
  EXPECT_EQ(alive, 0);
}

TEST(ChanTest, UnitsTakeNoMemory) {
  Chan<Unit> c(std::size_t{1} << 62);
  for (int i = 0; i < 1000; ++i) c.Send({});
  EXPECT_EQ(c.Len(), 1000u);
  c.Close();
  int units = 0;
  for (Unit unit : c) units += unit == Unit{};
  EXPECT_EQ(units, 1000);
}

TEST(ChanTest, AParkedGoroutineOutlivesTheHandleItWasCalledOn) {
  auto handle = std::make_unique<Chan<int>>(0);
  RecvChan<int> other = *handle;
  Chan<Unit> done(0);
  Go([&, c = handle.get()] {
    c->Send(3);
    done.Send({});
  });
  LetGoroutinesPark();
  handle.reset();
  EXPECT_EQ(other.Recv(), 3);
  done.Recv();
}

TEST(ChanTest, ParkedSendersAreServedInTheOrderInWhichTheyCame) {
  Chan<int> c(1);
  c.Send(0);
  for (int i = 1; i <= 4; ++i) {
    Go([=] { c.Send(i); });
    LetGoroutinesPark();
  }
  for (int i = 0; i <= 4; ++i) EXPECT_EQ(c.Recv(), i);
}

TEST(ChanTest, AChannelTravelsThroughAChannel) {
  struct Request {
    int number;
    SendChan<int> reply;
  };
  Chan<Request> requests(0);
  Go([=] {
    for (Request request : requests) request.reply.Send(request.number * 2);
  });
  Chan<int> reply(0);
  for (int i = 0; i < 10; ++i) {
    requests.Send({i, reply});
    EXPECT_EQ(reply.Recv(), 2 * i);
  }
  requests.Close();
}

}  // namespace
}  // namespace gordian
