// gordian::testing::VerifyNone(): for frameworks that are not GoogleTest.
#include <gtest/gtest.h>

#include "gordian/gordian.h"
#include "gordian/testing.h"

namespace gordian::testing {
namespace {

TEST(VerifyNone, FindsALeakOnce) {
  EXPECT_TRUE(VerifyNone().empty());
  Chan<int> results(0);
  Go("forgotten", [results] { results.Send(1); });
  const std::vector<Found> found = VerifyNone();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].rule, "leak.goroutine");
  EXPECT_NE(found[0].report.find("forgotten"), std::string::npos);
  EXPECT_TRUE(VerifyNone().empty());
}

TEST(VerifyNone, CorrectCodeHasNone) {
  Mutex mu;
  WaitGroup done;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    done.Go([&] {
      std::scoped_lock lock(mu);
      ++sum;
    });
  }
  done.Wait();
  EXPECT_TRUE(VerifyNone().empty());
}

}  // namespace
}  // namespace gordian::testing
