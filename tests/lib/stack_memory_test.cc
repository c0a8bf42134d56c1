// Stacks are used again, and the memory of those that nobody uses is given back.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "gordian/gordian.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

constexpr double kMega = 1 << 20;
constexpr std::size_t kDeep = 64 << 10;

double ResidentBytes() {
  double total = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> total >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

[[gnu::noinline]] void TouchDeeply() {
  volatile char frame[kDeep];
  for (std::size_t i = 0; i < kDeep; i += 1024) frame[i] = 1;
}

// All exist at once, each with a deep stack; returns the resident memory at that time.
double Deep(int goroutines) {
  WaitGroup touched, done;
  Chan<Unit> end(0);
  touched.Add(goroutines);
  for (int i = 0; i < goroutines; ++i) {
    done.Go([&] {
      TouchDeeply();
      touched.Done();
      end.Recv();
    });
  }
  touched.Wait();
  const double resident = ResidentBytes();
  end.Close();
  done.Wait();
  return resident;
}

TEST(StackMemory, IsGivenBack) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
#endif
  constexpr int kGoroutines = 5000;
  const double before = ResidentBytes();
  const double used = Deep(kGoroutines) - before;
  EXPECT_GT(used, kGoroutines * static_cast<double>(kDeep) * 0.9);
  // Of those that were used last some are kept as they are.
  EXPECT_LT(ResidentBytes() - before, used / 3);
}

TEST(StackMemory, IsUsedAgain) {
  Deep(200);
  const double before = ResidentBytes();
  for (int i = 0; i < 20; ++i) Deep(200);
  EXPECT_LT(ResidentBytes() - before, 8 * kMega);
}

}  // namespace
}  // namespace gordian
