// A first test. It links gordian::gtest_main: a goroutine that is left behind, a deadlock or a
// misuse fails the test with its report, and the tests after it still run.
#include <optional>

#include "absl/time/time.h"
#include "gordian/gordian.h"
#include "gtest/gtest.h"

namespace {

// Answers with what `work` returned, or with nothing after `limit`.
std::optional<int> CallWithTimeout(int (*work)(), absl::Duration limit) {
  // The room for one result lets the goroutine end when nobody waits for it any more. With
  // Chan<int> result(0) it would wait for ever, and GivesUp fail with leak.goroutine.
  gordian::Chan<int> result(1);
  gordian::Go("work", [=] { result.Send(work()); });
  std::optional<int> answer;
  gordian::Select(gordian::Recv(result, [&](std::optional<int> value) { answer = value; }),
                  gordian::Recv(gordian::After(limit)));
  return answer;
}

TEST(CallWithTimeout, Answers) {
  EXPECT_EQ(CallWithTimeout([] { return 42; }, absl::Seconds(10)), 42);
}

TEST(CallWithTimeout, GivesUp) {
  const auto slow = [] {
    gordian::Sleep(absl::Milliseconds(20));
    return 42;
  };
  EXPECT_EQ(CallWithTimeout(slow, absl::Milliseconds(1)), std::nullopt);
}

}  // namespace
