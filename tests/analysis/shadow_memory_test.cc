// The shadow memory against an array of one cell for each byte.
#include "detector/analysis/shadow_memory.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace gordian::testing {
namespace {

using detector::Cell;
using detector::ShadowMemory;

TEST(ShadowMemory, KeepsWhatEachByteWasGiven) {
  constexpr std::uint64_t kAt = 0x1234'5600'0000 - 8192, kBytes = 3 * 8192;  // over a region's end
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::uint64_t n) { return random() % n; };
    ShadowMemory shadow;
    std::vector<std::uint32_t> bytes(kBytes, 0);
    for (std::uint32_t step = 1; step < 400; ++step) {
      std::uint64_t from = pick(kBytes), size = 1 + pick(pick(4) == 0 ? 9000 : 20);
      if (pick(3) == 0) from &= ~std::uint64_t{4095}, size = 4096 * (1 + pick(2));
      size = std::min(size, kBytes - from);
      const std::uint32_t value = pick(3) == 0 ? 1 : step;
      if (pick(5) == 0) {
        shadow.Clear(kAt + from, size);
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), size, 0u);
        continue;
      }
      std::uint64_t next = kAt + from;
      shadow.ForEach(kAt + from, size, [&](Cell& cell, std::uint64_t at) {
        ASSERT_GE(at, next);
        next = at + 1;
        ASSERT_EQ(cell.write, bytes[at - kAt]) << "seed " << seed << ", step " << step;
        cell.write = value;
      });
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), size, value);
    }
    for (std::uint64_t i = 0; i < kBytes; ++i) {
      shadow.ForEach(kAt + i, 1, [&](Cell& cell, std::uint64_t) {
        ASSERT_EQ(cell.write, bytes[i]) << "seed " << seed << ", byte " << i;
      });
    }
  }
}

TEST(ShadowMemory, ASweepIsOneVisitPerPage) {
  ShadowMemory shadow;
  int visits = 0;
  const auto count = [&](Cell& cell, std::uint64_t) {
    ++visits;
    cell.write = 1;
  };
  shadow.ForEach(1 << 20, 64 * 4096, count);
  EXPECT_EQ(visits, 64);
}

TEST(ShadowMemory, APageThatIsTheSameEverywhereBecomesOneAgain) {
  ShadowMemory shadow;
  const auto set = [](std::uint32_t value) {
    return [value](Cell& cell, std::uint64_t) { cell.write = value; };
  };
  shadow.ForEach((1 << 20) + 100, 1, set(7));
  EXPECT_EQ(shadow.pieces(), 64u);
  shadow.ForEach(1 << 20, 4096, set(8));
  EXPECT_EQ(shadow.pieces(), 0u);
  int visits = 0;
  shadow.ForEach(1 << 20, 4096, [&](Cell&, std::uint64_t) { ++visits; });
  EXPECT_EQ(visits, 1);
}

TEST(ShadowMemory, ClearingWhatNobodyTouchedCostsNothing) {
  ShadowMemory shadow;
  shadow.Clear(4096, std::uint64_t{1} << 46);
  shadow.ForEach(1 << 20, 8, [](Cell& cell, std::uint64_t) { cell.write = 1; });
  shadow.Clear(1, std::uint64_t{1} << 46);
  int cells = 0;
  shadow.ForAll([&](Cell& cell) { cells += cell.empty() ? 0 : 1; });
  EXPECT_EQ(cells, 0);
}

}  // namespace
}  // namespace gordian::testing
