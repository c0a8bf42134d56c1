// Groups of goroutines with errors.
#include "gordian/err_group.h"

#include <atomic>
#include <memory>
#include <vector>

#include "gordian/chan.h"
#include "gordian/panic.h"
#include "gordian/runtime.h"
#include "gordian/select.h"
#include "gordian/time.h"
#include "gtest/gtest.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using testing::LetGoroutinesPark;

absl::Status Failed(int i) { return absl::InternalError(std::to_string(i)); }

TEST(ErrGroupTest, WithoutErrorsItIsOk) {
  ErrGroup group;
  std::atomic<int> done{0};
  for (int i = 0; i < 100; ++i) {
    group.Go([&] {
      ++done;
      return absl::OkStatus();
    });
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(done, 100);
}

TEST(ErrGroupTest, TheFirstErrorCountsAndTheRestIsWaitedFor) {
  ErrGroup group("parts");
  Chan<Unit> first_failed(0);
  std::atomic<bool> second_ran{false};
  group.Go("second", [&] {
    first_failed.Recv();
    second_ran = true;
    return Failed(2);
  });
  group.Go("first", [&] { return Failed(1); });
  LetGoroutinesPark();
  first_failed.Close();
  EXPECT_EQ(group.Wait(), Failed(1));
  EXPECT_TRUE(second_ran);
}

TEST(ErrGroupTest, TheFirstErrorCancelsTheContext) {
  auto [group, ctx] = ErrGroup::WithContext(Background());
  absl::Status seen;
  group.Go([&, &ctx = ctx] {
    ctx.Done().Recv();
    seen = ctx.Cause();
    return ctx.Err();
  });
  group.Go([] { return Failed(7); });
  EXPECT_EQ(group.Wait(), Failed(7));
  EXPECT_EQ(seen, Failed(7));
  EXPECT_TRUE(absl::IsCancelled(ctx.Err()));
}

TEST(ErrGroupTest, WaitCancelsTheContext) {
  auto [group, ctx] = ErrGroup::WithContext(Background());
  group.Go([] { return absl::OkStatus(); });
  EXPECT_TRUE(ctx.Err().ok());
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_TRUE(absl::IsCancelled(ctx.Err()));
}

TEST(ErrGroupTest, ItsContextIsCancelledWithTheParent) {
  auto [parent, cancel] = WithCancel(Background());
  auto [group, ctx] = ErrGroup::WithContext(parent);
  group.Go([&, &ctx = ctx] {
    ctx.Done().Recv();
    return ctx.Err();
  });
  cancel();
  EXPECT_TRUE(absl::IsCancelled(group.Wait()));
}

TEST(ErrGroupTest, KeepsToItsLimit) {
  ErrGroup group;
  group.SetLimit(3);
  std::atomic<int> running{0}, most{0};
  for (int i = 0; i < 50; ++i) {
    group.Go([&] {
      const int now = ++running;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      Gosched();
      --running;
      return absl::OkStatus();
    });
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_LE(most, 3);
}

TEST(ErrGroupTest, TryGoNeedsRoom) {
  ErrGroup group;
  group.SetLimit(1);
  Chan<Unit> go_on(0);
  EXPECT_TRUE(group.TryGo([&] {
    go_on.Recv();
    return absl::OkStatus();
  }));
  EXPECT_FALSE(group.TryGo("late", [] { return Failed(1); }));
  EXPECT_THROW(group.SetLimit(2), Panic);
  go_on.Close();
  EXPECT_TRUE(group.Wait().ok());
  group.SetLimit(0);
  EXPECT_FALSE(group.TryGo([] { return Failed(2); }));
  group.SetLimit(-1);
  EXPECT_TRUE(group.TryGo([] { return absl::OkStatus(); }));
  EXPECT_TRUE(group.Wait().ok());
}

TEST(ErrGroupTest, MayBeDestroyedAsSoonAsWaitReturns) {
  for (int round = 0; round < 500; ++round) {
    auto group = std::make_unique<ErrGroup>();
    group->SetLimit(2);
    for (int i = 0; i < 3; ++i) group->Go([i] { return i == 1 ? Failed(i) : absl::OkStatus(); });
    EXPECT_EQ(group->Wait(), Failed(1));
    group.reset();
  }
}

}  // namespace
}  // namespace gordian
