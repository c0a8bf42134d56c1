// Contexts, as Go's package context has them.
#include "gordian/context.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gordian/select.h"
#include "gordian/time.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(5);
constexpr absl::Duration kLong = absl::Hours(1);

bool IsDone(const Context& ctx) { return Select(Recv(ctx.Done()), Default()) == 0; }

TEST(ContextTest, TheBackgroundIsNeverCancelled) {
  const Context ctx = Background();
  EXPECT_TRUE(ctx.Done() == nullptr);
  EXPECT_TRUE(ctx.Err().ok());
  EXPECT_TRUE(ctx.Cause().ok());
  EXPECT_EQ(ctx.Deadline(), std::nullopt);
  EXPECT_FALSE(ctx.Value("key").has_value());
}

TEST(ContextTest, CancelClosesDoneAndSetsErr) {
  auto [ctx, cancel] = WithCancel(Background());
  EXPECT_FALSE(IsDone(ctx));
  EXPECT_TRUE(ctx.Err().ok());
  cancel();
  cancel();
  EXPECT_TRUE(IsDone(ctx));
  EXPECT_TRUE(absl::IsCancelled(ctx.Err()));
  EXPECT_EQ(ctx.Cause(), ctx.Err());
}

TEST(ContextTest, DoneMayBeAskedForAfterTheCancel) {
  auto [ctx, cancel] = WithCancel(Background());
  cancel();
  EXPECT_TRUE(IsDone(ctx));
  EXPECT_TRUE(ctx.Done() == ctx.Done());
}

TEST(ContextTest, CancelReachesAllDescendantsAndNoAncestor) {
  auto [parent, cancel_parent] = WithCancel(Background());
  auto [child, cancel_child] = WithCancel(WithValue(parent, 1, 2));
  auto [grandchild, cancel_grandchild] = WithTimeout(child, kLong);
  auto [sibling, cancel_sibling] = WithCancel(parent);
  cancel_child();
  EXPECT_TRUE(IsDone(grandchild));
  EXPECT_TRUE(absl::IsCancelled(grandchild.Err()));
  EXPECT_FALSE(IsDone(parent));
  EXPECT_FALSE(IsDone(sibling));
  cancel_parent();
  EXPECT_TRUE(IsDone(sibling));
  cancel_grandchild();
  cancel_sibling();
}

TEST(ContextTest, AChildOfACancelledContextIsCancelled) {
  auto [parent, cancel_parent] = WithCancel(Background());
  cancel_parent();
  auto [child, cancel] = WithTimeout(parent, kLong);
  EXPECT_TRUE(IsDone(child));
  EXPECT_TRUE(absl::IsCancelled(child.Err()));
  cancel();
  EXPECT_TRUE(testing::NoTimers());
}

TEST(ContextTest, TheCauseIsHandedDown) {
  auto [parent, cancel] = WithCancelCause(Background());
  auto [child, cancel_child] = WithCancel(parent);
  cancel(absl::DataLossError("disk gone"));
  cancel(absl::InternalError("too late"));
  EXPECT_TRUE(absl::IsCancelled(child.Err()));
  EXPECT_EQ(child.Cause(), absl::DataLossError("disk gone"));
  EXPECT_EQ(parent.Cause(), absl::DataLossError("disk gone"));
  cancel_child();
  EXPECT_EQ(child.Cause(), absl::DataLossError("disk gone"));
}

TEST(ContextTest, AnOkCauseStandsForCancelled) {
  auto [ctx, cancel] = WithCancelCause(Background());
  cancel(absl::OkStatus());
  EXPECT_EQ(ctx.Cause(), ctx.Err());
  EXPECT_FALSE(ctx.Err().ok());
}

TEST(ContextTest, ADeadlineCancelsByItself) {
  auto [ctx, cancel] = WithTimeout(Background(), kShort);
  EXPECT_TRUE(ctx.Deadline().has_value());
  ctx.Done().Recv();
  EXPECT_TRUE(absl::IsDeadlineExceeded(ctx.Err()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(ctx.Cause()));
  cancel();
  EXPECT_TRUE(absl::IsDeadlineExceeded(ctx.Err()));
}

TEST(ContextTest, ADeadlineInThePastHasPassed) {
  auto [ctx, cancel] = WithDeadline(Background(), absl::Now() - absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(ctx.Err()));  // from the start
  ctx.Done().Recv();
  cancel();
  auto [now, cancel_now] = WithTimeout(Background(), absl::ZeroDuration());
  EXPECT_TRUE(absl::IsDeadlineExceeded(now.Err()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(now.Cause()));
  cancel_now();
}

TEST(ContextTest, AParentThatHasEndedComesBeforeADeadlineInThePast) {
  auto [parent, cancel_parent] = WithCancel(Background());
  cancel_parent();
  auto [ctx, cancel] = WithTimeout(parent, absl::ZeroDuration());
  EXPECT_TRUE(absl::IsCancelled(ctx.Err()));
  cancel();
}

TEST(ContextTest, TheEarlierDeadlineCounts) {
  auto [parent, cancel_parent] = WithTimeout(Background(), kLong);
  auto [later, cancel_later] = WithTimeout(parent, 2 * kLong);
  auto [sooner, cancel_sooner] = WithTimeout(parent, kLong / 2);
  EXPECT_EQ(later.Deadline(), parent.Deadline());
  EXPECT_LT(*sooner.Deadline(), *parent.Deadline());
  EXPECT_EQ(WithValue(sooner, 1, 1).Deadline(), sooner.Deadline());
  cancel_later();
  cancel_sooner();
  cancel_parent();
  EXPECT_TRUE(testing::NoTimers());
}

TEST(ContextTest, ValuesAreFoundUpTheTree) {
  enum class Key { kUser, kTrace };
  const Context ctx = WithValue(WithValue(Background(), Key::kUser, std::string("ann")), "id", 7);
  auto [child, cancel] = WithCancel(WithValue(ctx, Key::kTrace, 1.5));
  EXPECT_EQ(std::any_cast<std::string>(child.Value(Key::kUser)), "ann");
  ASSERT_NE(child.Value<double>(Key::kTrace), nullptr);
  EXPECT_EQ(*child.Value<int>(std::string("id")), 7);
  EXPECT_EQ(child.Value<std::string>("id"), nullptr) << "an int is no string";
  EXPECT_FALSE(ctx.Value(Key::kTrace).has_value());
  EXPECT_FALSE(ctx.Value(1).has_value()) << "keys of other types are other keys";
  EXPECT_EQ(*WithValue(child, "id", 8).Value<int>("id"), 8);
  cancel();
}

TEST(ContextTest, AfterFuncRunsOnceAtTheCancel) {
  auto [ctx, cancel] = WithCancel(Background());
  Chan<Unit> ran(0);
  const StopFunc stop = AfterFunc(ctx, [=] { ran.Send({}); });
  cancel();
  ran.Recv();
  EXPECT_FALSE(stop());
  AfterFunc(ctx, [=] { ran.Send({}); });
  ran.Recv();
}

TEST(ContextTest, AStoppedAfterFuncDoesNotRun) {
  auto [ctx, cancel] = WithCancel(Background());
  std::atomic<bool> ran{false};
  const StopFunc stop = AfterFunc(ctx, [&] { ran = true; });
  EXPECT_TRUE(stop());
  EXPECT_FALSE(stop());
  cancel();
  Sleep(kShort);
  EXPECT_FALSE(ran);
  EXPECT_TRUE(AfterFunc(Background(), [&] { ran = true; })());
}

TEST(ContextTest, ADoneChannelOutlivesItsContexts) {
  auto [parent, cancel] = WithCancel(Background());
  RecvChan<Unit> done = WithCancel(WithCancel(parent).context).context.Done();
  cancel();
  EXPECT_EQ(done.Recv(), std::nullopt);
  done = WithTimeout(Background(), kShort).context.Done();
  EXPECT_EQ(done.Recv(), std::nullopt);
}

TEST(ContextTest, DroppedContextsLetGoOfTheirDeadlines) {
  for (int i = 0; i < 10; ++i) const auto dropped = WithTimeout(Background(), kLong);
  EXPECT_TRUE(testing::NoTimers());
  const RecvChan<Unit> never = WithCancel(Background()).context.Done();
  EXPECT_EQ(Select(Recv(never), Default()), 1);
}

TEST(ContextTest, LongChainsAreLetGoOfWithoutRecursion) {
  Chan<Unit> done(0);
  Go([=] {
    Context ctx;
    for (int i = 0; i < 100'000; ++i) ctx = WithValue(ctx, i, i);
    done.Send({});
  });
  done.Recv();
}

TEST(ContextTest, CancelRacesWithDerivingAndWithOtherCancels) {
  for (int round = 0; round < 200; ++round) {
    auto [root, cancel] = WithCancel(Background());
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([root = root] {
        auto [child, cancel_child] = WithTimeout(root, absl::Microseconds(50));
        auto [grandchild, cancel_grandchild] = WithCancel(child);
        const StopFunc stop = AfterFunc(grandchild, [] {});
        grandchild.Done().Recv();
        EXPECT_FALSE(grandchild.Err().ok());
        cancel_child();
        cancel_grandchild();
      });
    }
    cancel();
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(ContextTest, ManyChildrenAreCancelledAtOnce) {
  auto [root, cancel] = WithCancel(Background());
  std::vector<Cancellable<CancelFunc>> children;
  for (int i = 0; i < 1000; ++i) children.push_back(WithCancel(root));
  cancel();
  for (const auto& child : children) {
    EXPECT_TRUE(IsDone(child.context));
    child.cancel();
  }
}

TEST(ContextTest, WithoutCancelKeepsTheValuesAlone) {
  auto [parent, cancel] = WithTimeout(WithValue(Background(), "user", 7), absl::Hours(1));
  const Context detached = WithoutCancel(parent);
  auto [child, cancel_child] = WithCancel(detached);
  cancel();
  EXPECT_FALSE(parent.Err().ok());
  EXPECT_TRUE(detached.Err().ok());
  EXPECT_TRUE(detached.Cause().ok());
  EXPECT_EQ(detached.Done(), nullptr);
  EXPECT_FALSE(detached.Deadline().has_value());
  EXPECT_EQ(*detached.Value<int>("user"), 7);
  EXPECT_TRUE(child.Err().ok());
  cancel_child();
  EXPECT_FALSE(child.Err().ok());
  EXPECT_TRUE(WithoutCancel(Background()).Err().ok());
}

}  // namespace
}  // namespace gordian
