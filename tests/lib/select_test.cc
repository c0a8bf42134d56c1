// Select, point by point as the Go specification has it.
#include "gordian/select.h"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "gordian/go.h"
#include "gordian/panic.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using testing::LetGoroutinesPark;

TEST(SelectTest, TakesTheCaseThatIsReady) {
  Chan<int> a(1), b(1);
  b.Send(4);
  int got = 0;
  EXPECT_EQ(Select(Recv(a), Recv(b, [&](std::optional<int> n) { got = *n; })), 1);
  EXPECT_EQ(got, 4);
  EXPECT_EQ(Select(Recv(b), Send(a, 9)), 1);
  EXPECT_EQ(a.Recv(), 9);
}

TEST(SelectTest, TheDefaultIsTakenWhenNothingIsReady) {
  Chan<int> c(0);
  bool idle = false;
  EXPECT_EQ(Select(Default([&] { idle = true; }), Recv(c), Send(c, 1)), 0);
  EXPECT_TRUE(idle);
  EXPECT_EQ(Select(Recv(c), Default()), 1);
  EXPECT_EQ(Select(Default()), 0);
}

TEST(SelectTest, AClosedChannelIsReadyForReceiving) {
  Chan<int> c(1);
  c.Send(1);
  c.Close();
  std::optional<int> got;
  const auto keep = [&](auto value) { got = value; };
  EXPECT_EQ(Select(Recv(c, keep), Default()), 0);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(Select(Recv(c, keep), Default()), 0);
  EXPECT_EQ(got, std::nullopt);
}

TEST(SelectTest, SendingOnAClosedChannelPanics) {
  Chan<int> c(1);
  c.Close();
  EXPECT_THROW(Select(Send(c, 1), Default()), Panic);
}

TEST(SelectTest, ASelectParkedInASendPanicsAtTheClose) {
  Chan<int> c(0), other(0);
  Chan<bool> panicked(1);
  Go([=] {
    try {
      Select(Recv(other), Send(c, 1));
      panicked.Send(false);
    } catch (const Panic&) {
      panicked.Send(true);
    }
  });
  LetGoroutinesPark();
  c.Close();
  EXPECT_EQ(panicked.Recv(), true);
}

TEST(SelectTest, CasesOfNilChannelsAreNeverReady) {
  Chan<int> nil, c(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Select(Recv(nil), Send(nil, 1), Send(c, i)), 2);
    EXPECT_EQ(c.Recv(), i);
  }
  EXPECT_EQ(Select(Recv(nil), Send(nil, 1), Default()), 2);
}

TEST(SelectTest, BlocksUntilOneOfItsChannelsIsServed) {
  Chan<int> a(0), b(0);
  Chan<int> taken(1);
  Go([=] {
    int got = 0;
    const int position = Select(Recv(a), Recv(b, [&](std::optional<int> n) { got = *n; }));
    taken.Send(position * 100 + got);
  });
  LetGoroutinesPark();
  b.Send(5);
  EXPECT_EQ(taken.Recv(), 105);
  EXPECT_EQ(Select(Send(a, 1), Default()), 1) << "the other case must have left its queue";
}

TEST(SelectTest, ABlockedSendCaseHandsItsValueOver) {
  Chan<std::string> a(0), b(0);
  Go([=] { Select(Send(a, "from a"), Send(b, "from b")); });
  LetGoroutinesPark();
  EXPECT_EQ(b.Recv(), "from b");
  EXPECT_EQ(Select(Recv(a), Default()), 1);
}

TEST(SelectTest, BothEndsOfOneChannelStandInOneSelect) {
  Chan<int> c(0), done(0);
  Go([=] {
    int sum = 0;
    for (int i = 0; i < 2; ++i) {
      Select(Recv(c, [&](std::optional<int> n) { sum += *n; }), Send(c, 10, [&] { sum += 1; }));
    }
    done.Send(sum);
  });
  c.Send(100);
  EXPECT_EQ(c.Recv(), 10);
  EXPECT_EQ(done.Recv(), 101);
}

TEST(SelectTest, TwoSelectsServeEachOther) {
  Chan<int> a(0), b(0);
  Chan<int> done(2);
  for (int i = 0; i < 200; ++i) {
    Go([=] { done.Send(Select(Send(a, i), Recv(b))); });
    Go([=] { done.Send(Select(Send(b, i), Recv(a))); });
    const int sum = *done.Recv() + *done.Recv();
    ASSERT_EQ(sum, 1) << "one of them sends and the other receives";
  }
}

TEST(SelectTest, ReadyCasesAreTakenUniformly) {
  Chan<int> a(1), b(1), c(1);
  std::array<int, 3> taken{};
  constexpr int kRounds = 30'000;
  for (int i = 0; i < kRounds; ++i) {
    for (const auto& each : {a, b, c}) Select(Send(each, 1), Default());
    ++taken[static_cast<std::size_t>(Select(Recv(a), Recv(b), Recv(c)))];
  }
  for (int count : taken) EXPECT_NEAR(count, kRounds / 3, kRounds / 20);
}

TEST(SelectTest, TheCallableMayBlockAndSelectAgain) {
  Chan<int> a(1), b(0);
  a.Send(1);
  Go([=] { b.Send(2); });
  int inner = 0;
  Select(Recv(a, [&] {
    Select(Recv(b, [&](std::optional<int> n) { inner = *n; }));
    a.Send(3);
  }));
  EXPECT_EQ(inner, 2);
  EXPECT_EQ(a.Recv(), 3);
}

TEST(SelectTest, AMoveOnlyValueIsMovedFromOnlyWhenItsCaseIsTaken) {
  Chan<std::unique_ptr<int>> c(1);
  auto value = std::make_unique<int>(1);
  EXPECT_EQ(Select(Send(c, std::make_unique<int>(0))), 0);
  EXPECT_EQ(Select(Send(c, std::move(value)), Default()), 1);
  ASSERT_NE(value, nullptr);
  c.Recv();
  EXPECT_EQ(Select(Send(c, std::move(value)), Default()), 0);
  EXPECT_EQ(value, nullptr);
  EXPECT_EQ(**c.Recv(), 1);
}

TEST(SelectTest, AnLvalueIsCopied) {
  Chan<std::string> c(1);
  const std::string text = "a text that is too long to lie in the string itself";
  Select(Send(c, text));
  EXPECT_EQ(c.Recv(), text);
}

TEST(SelectTest, ATemporaryChannelLivesAsLongAsTheSelect) {
  const auto closed = [] {
    Chan<Unit> c(0);
    c.Close();
    return RecvChan<Unit>(c);
  };
  EXPECT_EQ(Select(Recv(closed())), 0);
}

TEST(SelectTest, ThreadsSelectToo) {
  Chan<int> a(0), stop(0);
  std::atomic<int> sum{0};
  std::thread worker([&] {
    while (Select(Recv(a, [&](std::optional<int> n) { sum += *n; }), Recv(stop)) == 0) continue;
  });
  for (int i = 1; i <= 100; ++i) a.Send(i);
  stop.Close();
  worker.join();
  EXPECT_EQ(sum, 5050);
}

// A type whose move may throw travels in a box.
struct Movable {
  explicit Movable(std::string of) : text(std::move(of)) {}
  Movable(Movable&& other) noexcept(false) : text(std::move(other.text)) {}
  Movable& operator=(Movable&& other) noexcept(false) {
    text = std::move(other.text);
    return *this;
  }
  std::string text;
};

TEST(SelectTest, WhatWasNotSentIsStillThere) {
  const Chan<Movable> boxes(0);
  const Chan<std::string> words(0);
  Movable box("a long text that lies somewhere else"), kept("another");
  std::string word = box.text;
  EXPECT_EQ(Select(Send(boxes, std::move(box)), Send(words, std::move(word)), Default()), 2);
  EXPECT_EQ(box.text, "a long text that lies somewhere else");
  EXPECT_EQ(word, box.text);
  Go([=] { boxes.Recv(); });
  EXPECT_EQ(Select(Send(boxes, std::move(box))), 0);
  EXPECT_EQ(box.text, "");
}

}  // namespace
}  // namespace gordian
