// What the patterns do, and that they leave nothing behind wherever they are stopped. This
// program's tests fail with gordian's own findings as well: a goroutine that is left is one.
#include "gordian/patterns.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gordian/gordian.h"
#include "gordian/internal/timers.h"
#include "gordian/testing.h"
#include "gtest/gtest.h"
#include "tests/patterns/recipes.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

template <typename Channel>
auto All(const Channel& in) {
  std::vector<typename Channel::value_type> values;
  for (auto&& value : in) values.push_back(std::move(value));
  return values;
}

class LeavesNothing : public ::testing::TestWithParam<patterns::Recipe> {};

TEST_P(LeavesNothing, WhereverItIsStopped) {
  const std::int64_t before = NumGoroutine();
  patterns::StopAtEveryStep(GetParam(), 10);
  for (int i = 0; i < 1000 && NumGoroutine() > before; ++i) Sleep(absl::Milliseconds(1));
  EXPECT_EQ(NumGoroutine(), before);
  // The thread that fires a timer may be behind the goroutine that it has woken.
  for (int i = 0; i < 1000 && internal::TimersPending(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(internal::TimersPending());
}

INSTANTIATE_TEST_SUITE_P(Patterns, LeavesNothing, ::testing::ValuesIn(patterns::Recipes()),
                         [](const auto& info) { return std::string(info.param.name); });

// What a channel that is stopped at its start looks like to who receives: closed.
TEST(PatternsTest, OutputsAreClosedOnceItHasEnded) {
  const Chan<Unit> done(0);
  done.Close();
  const Chan<int> never(0);
  EXPECT_FALSE(Map(done, never, [](int n) { return n; }).Recv().has_value());
  EXPECT_FALSE(OrDone(done, never).Recv().has_value());
  EXPECT_FALSE(Queue(done, never, 3).Recv().has_value());
  EXPECT_FALSE(Batch(done, never, 3).Recv().has_value());
  const auto [left, right] = Tee(done, never);
  EXPECT_FALSE(left.Recv().has_value());
  EXPECT_FALSE(right.Recv().has_value());
  EXPECT_FALSE(FanIn(done, std::vector<RecvChan<int>>{never, never}).Recv().has_value());
}

TEST(PatternsTest, UntilSendsReceivesAndSleepsUntilItHasEnded) {
  const Chan<Unit> done(0);
  const Until until = done;
  const Chan<int> numbers(1);
  EXPECT_FALSE(until.Ended());
  EXPECT_TRUE(until.Send(numbers, 3));
  EXPECT_EQ(until.Recv(numbers), 3);
  EXPECT_TRUE(until.Sleep(absl::Milliseconds(1)));
  done.Close();
  EXPECT_TRUE(until.Ended());
  EXPECT_EQ(until.Recv(numbers), std::nullopt);
  const Chan<int> full(0);
  EXPECT_FALSE(until.Send(full, 3));
  EXPECT_FALSE(until.Sleep(absl::Hours(1)));
}

TEST(PatternsTest, GeneratorsAndTake) {
  const Context ctx;
  auto [endless, cancel] = WithCancel(ctx);
  EXPECT_THAT(All(Generate(ctx, {1, 2, 3})), ElementsAre(1, 2, 3));
  EXPECT_THAT(All(Take(ctx, Repeat(endless, {1, 2}), 5)), ElementsAre(1, 2, 1, 2, 1));
  int calls = 0;
  EXPECT_THAT(All(Take(ctx, RepeatFunction(endless, [&] { return ++calls; }), 3)),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(All(Take(ctx, Generate(ctx, {1}), 3)), ElementsAre(1));
  EXPECT_THAT(All(Take(endless, Repeat(endless, {1}), 0)), IsEmpty());
  EXPECT_THAT(All(Repeat(ctx, std::vector<int>())), IsEmpty());
  cancel();
}

TEST(PatternsTest, StagesKeepTheOrder) {
  const Context ctx;
  const auto words = Generate(ctx, std::vector<std::string>{"a", "bb", "ccc", "dddd"});
  const auto sizes = Map(ctx, words, [](std::string word) { return word.size(); });
  EXPECT_THAT(All(Filter(ctx, sizes, [](std::size_t n) { return n != 2; })), ElementsAre(1, 3, 4));
  EXPECT_THAT(All(Batch(ctx, Generate(ctx, {1, 2, 3, 4, 5}), 2)),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(5)));
  EXPECT_THAT(All(Stream(ctx, Batch(ctx, Generate(ctx, {1, 2, 3}), 2))), ElementsAre(1, 2, 3));
}

TEST(PatternsTest, StagesMoveWhatCannotBeCopied) {
  const Context ctx;
  const auto boxes = Produce<std::unique_ptr<int>>(ctx, [](const auto& emit) {
    for (int i = 0; i < 3; ++i) emit(std::make_unique<int>(i));
  });
  const auto back = Map(ctx, Queue(ctx, boxes, 2), [](std::unique_ptr<int> box) { return box; });
  std::vector<int> values;
  for (const std::unique_ptr<int>& box : back) values.push_back(*box);
  EXPECT_THAT(values, ElementsAre(0, 1, 2));
}

TEST(PatternsTest, FanOutAndInLosesAndDoublesNothing) {
  const Context ctx;
  std::vector<int> numbers(200);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto parts = FanOut(ctx, Generate(ctx, numbers), 4, [](int n) { return n; });
  std::vector<int> seen = All(FanIn(ctx, parts));
  std::ranges::sort(seen);
  EXPECT_EQ(seen, numbers);
  EXPECT_THAT(All(FanIn(ctx, std::vector<RecvChan<int>>())), IsEmpty());
}

TEST(PatternsTest, OrIsClosedByTheFirst) {
  for (int first = 0; first < 3; ++first) {
    const std::vector<Chan<Unit>> channels = {Chan<Unit>(0), Chan<Unit>(0), Chan<Unit>(0)};
    const auto any = Or({channels[0], channels[1], channels[2]});
    EXPECT_EQ(Select(Recv(any), Default()), 1);
    channels[static_cast<std::size_t>(first)].Close();
    EXPECT_FALSE(any.Recv().has_value());
  }
  const Chan<Unit> told(1);
  told.Send({});
  EXPECT_FALSE(Or({told, RecvChan<Unit>()}).Recv().has_value());
}

TEST(PatternsTest, TeeGivesEachValueToBoth) {
  const Context ctx;
  const auto [left, right] = Tee(ctx, Generate(ctx, {1, 2, 3}));
  std::vector<int> from_left;
  WaitGroup group;
  group.Go([&, left = left] { from_left = All(left); });
  EXPECT_THAT(All(right), ElementsAre(1, 2, 3));
  group.Wait();
  EXPECT_THAT(from_left, ElementsAre(1, 2, 3));
}

TEST(PatternsTest, BridgeGoesThroughOneChannelAfterTheOther) {
  const Context ctx;
  const auto channels = Produce<RecvChan<int>>(ctx, [ctx](const auto& emit) {
    for (int i = 0; i < 3; ++i) emit(Generate(ctx, {10 * i, 10 * i + 1}));
  });
  EXPECT_THAT(All(Bridge(ctx, channels)), ElementsAre(0, 1, 10, 11, 20, 21));
}

TEST(PatternsTest, AQueueTakesABurst) {
  const Context ctx;
  const Chan<int> bursts(0);
  const auto queue = Queue(ctx, bursts, 3);
  for (int i = 0; i < 4; ++i) bursts.Send(i);  // three wait, and one is in hand
  EXPECT_EQ(Select(Send(bursts, 4), Default()), 1);
  bursts.Close();
  EXPECT_THAT(All(queue), ElementsAre(0, 1, 2, 3));
}

TEST(PatternsTest, ErrorsPassThroughAndTheFirstIsCollected) {
  const Context ctx;
  const auto tried = [&] {
    return Map(ctx, Generate(ctx, {1, 2, 3}), [](int n) -> absl::StatusOr<int> {
      if (n == 2) return absl::NotFoundError("two");
      return n;
    });
  };
  const auto seen = All(Then(ctx, tried(), [](int n) { return n * 10; }));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(*seen[0], 10);
  EXPECT_TRUE(absl::IsNotFound(seen[1].status()));
  EXPECT_EQ(*seen[2], 30);
  auto [stage, cancel] = WithCancel(ctx);
  const auto failing = Then(stage, Generate(stage, std::vector<absl::StatusOr<int>>{1, 2}),
                            [](int n) -> absl::StatusOr<int> {
                              if (n == 1) return absl::DataLossError("one");
                              return n;
                            });
  EXPECT_TRUE(absl::IsDataLoss(Collect(ctx, failing).status()));
  cancel();
  const auto fine = Collect(ctx, Generate(ctx, std::vector<absl::StatusOr<int>>{1, 2}));
  EXPECT_THAT(*fine, ElementsAre(1, 2));
  const Chan<absl::StatusOr<int>> never(0);
  EXPECT_TRUE(absl::IsCancelled(Collect(stage, never).status()));
}

TEST(PatternsTest, WrapKeepsTheCodeAndThePayload) {
  absl::Status inner = absl::NotFoundError("no such file");
  inner.SetPayload("path", absl::Cord("/a/b"));
  const absl::Status outer = Wrap(Wrap(inner, "reading"), "starting");
  EXPECT_TRUE(absl::IsNotFound(outer));
  EXPECT_EQ(outer.message(), "starting: reading: no such file");
  EXPECT_EQ(outer.GetPayload("path"), absl::Cord("/a/b"));
  EXPECT_TRUE(Wrap(absl::OkStatus(), "starting").ok());
}

TEST(PatternsTest, ItBeatsWhileItWaits) {
  auto [ctx, cancel] = WithCancel(Background());
  const Chan<int> jobs(0);
  const auto beating = BeatEvery(ctx, absl::Milliseconds(1), jobs, [](int n) { return n + 1; });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(beating.beats.Recv().has_value());  // for work
  jobs.Send(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(beating.beats.Recv().has_value());  // for a receiver
  EXPECT_EQ(beating.results.Recv(), 2);
  jobs.Close();
  EXPECT_EQ(beating.results.Recv(), std::nullopt);
  cancel();
}

TEST(PatternsTest, ItBeatsAtTheBeginningOfEachUnit) {
  const Context ctx;
  const Chan<Unit> go_on(0);
  const auto beating = BeatPerUnit(ctx, Generate(ctx, {1, 2}), [=](int n) {
    go_on.Recv();
    return n;
  });
  EXPECT_TRUE(beating.beats.Recv().has_value());  // it has begun, and not finished
  EXPECT_EQ(Select(Recv(beating.results), Default()), 1);
  go_on.Close();
  EXPECT_THAT(All(beating.results), ElementsAre(1, 2));
}

TEST(PatternsTest, TheFirstAnswerIsEnough) {
  std::atomic<int> cancelled{0};
  const absl::StatusOr<int> by_context =
      FirstAnswer<int>(Background(), 3, [&](const Context& ctx, int i) -> absl::StatusOr<int> {
        if (i == 1) return 7;
        ctx.Done().Recv();
        ++cancelled;
        return ctx.Err();
      });
  EXPECT_EQ(*by_context, 7);
  EXPECT_EQ(cancelled, 2);
  const absl::StatusOr<int> by_channel = FirstAnswer<int>(
      RecvChan<Unit>(), 3, [&](const RecvChan<Unit>& done, int i) -> absl::StatusOr<int> {
        if (i == 0) return absl::UnavailableError("down");  // a failure is no answer
        if (i == 2) return 8;
        done.Recv();
        ++cancelled;
        return absl::CancelledError();
      });
  EXPECT_EQ(*by_channel, 8);
  EXPECT_EQ(cancelled, 3);
}

TEST(PatternsTest, WithoutAnAnswerThereIsAnError) {
  const auto down = [](const Context&, int) -> absl::StatusOr<int> {
    return absl::UnavailableError("down");
  };
  EXPECT_TRUE(absl::IsUnavailable(FirstAnswer<int>(Background(), 3, down).status()));
  EXPECT_FALSE(FirstAnswer<int>(Background(), 0, down).ok());
  auto [ctx, cancel] = WithTimeout(Background(), absl::Milliseconds(5));
  const auto slow = [](const Context& inner, int) -> absl::StatusOr<int> {
    inner.Done().Recv();
    return inner.Err();
  };
  EXPECT_TRUE(absl::IsDeadlineExceeded(FirstAnswer<int>(ctx, 3, slow).status()));
  cancel();
}

TEST(PatternsTest, ThrottleKeepsTheRate) {
  const Context ctx;
  RateLimiter each(Every(absl::Milliseconds(3)), 1), all(Per(5, absl::Hours(1)), 5);
  MultiLimiter both({&each, &all});
  const absl::Time start = internal::TimeNow();
  EXPECT_THAT(All(Throttle(ctx, Generate(ctx, {1, 2, 3, 4}), both)), ElementsAre(1, 2, 3, 4));
  EXPECT_GE(internal::TimeNow() - start, absl::Milliseconds(8));
}

TEST(PatternsTest, ABoundedPoolMakesNoMoreThanItMay) {
  int made = 0;
  BoundedPool<int> pool(2, [&] { return ++made; });
  EXPECT_EQ(made, 0);
  {
    const auto first = pool.Get(Background());
    const auto second = pool.Get(Background());
    EXPECT_EQ(**first + **second, 3);
    EXPECT_EQ(pool.Free(), 0u);
    const Chan<Unit> done(0);
    done.Close();
    EXPECT_TRUE(absl::IsCancelled(pool.Get(done).status()));
    WaitGroup group;
    group.Go([&] { EXPECT_TRUE(pool.Get(Background()).ok()); });
    {
      auto back = std::move(*const_cast<absl::StatusOr<BoundedPool<int>::Lease>&>(first));
    }
    group.Wait();
  }
  EXPECT_EQ(pool.Free(), 2u);
  EXPECT_EQ(made, 2);
  {
    auto broken = pool.Get(Background());
    broken->Discard();
  }
  const auto first = pool.Get(Background()), second = pool.Get(Background());
  EXPECT_EQ(made, 3);
}

TEST(PatternsTest, AMakerThatThrowsLeavesThePlaceFree) {
  bool fails = true;
  BoundedPool<int> pool(1, [&] {
    if (fails) throw std::runtime_error("no");
    return 1;
  });
  EXPECT_THROW(pool.Get(Background()).IgnoreError(), std::runtime_error);
  EXPECT_EQ(pool.Free(), 1u);
  fails = false;
  EXPECT_TRUE(pool.Get(Background()).ok());
}

TEST(PatternsTest, AStewardStartsASilentWardAnew) {
  auto [ctx, cancel] = WithCancel(Background());
  const Chan<int> lives(10);
  std::atomic<int> started{0};
  const Ward ward = [&](const Until& until, absl::Duration pulse) -> RecvChan<Unit> {
    const int life = ++started;
    return Produce<Unit>(until, [=](const Emit<Unit>& emit) {
      if (!emit.until().Send(lives, life)) return;
      if (life == 1) return;                               // ends
      if (life == 2) emit.until().Done().Recv();           // is silent
      while (emit.until().Sleep(pulse) && emit(Unit{})) {  // beats
      }
    });
  };
  const auto beats = Steward(absl::Milliseconds(40), ward)(ctx, absl::Milliseconds(5));
  for (int life = 1; life <= 3; ++life) EXPECT_EQ(lives.Recv(), life);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(beats.Recv().has_value());
  cancel();
  EXPECT_TRUE(All(beats).size() <= 1);
}

}  // namespace
}  // namespace gordian
