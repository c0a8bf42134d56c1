#include "detector/report/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "detector/report/display.h"

namespace gordian::detector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A cycle of `n` nodes called n0, n1, …
std::vector<Edge> Cycle(int n, std::size_t name_length = 2) {
  std::vector<Edge> edges;
  const auto name = [&](int i) {
    std::string text = "n" + std::to_string(i % n);
    text.resize(std::max(text.size(), name_length), 'x');
    return text;
  };
  for (int i = 0; i < n; ++i) edges.push_back({name(i), i % 2 ? "held by" : "waits", name(i + 1)});
  return edges;
}

TEST(Picture, NothingFromNothing) { EXPECT_THAT(DrawPicture({}, 80, true), IsEmpty()); }

TEST(Picture, ATaskThatWaitsForItself) {
  const std::vector<Edge> edges = {{"worker", "waits", "mu"}, {"mu", "held by", "worker"}};
  EXPECT_THAT(DrawPicture(edges, 80, true),
              ElementsAre("worker ──waits──▶ mu",  //
                          "   ▲               │", "   └────held by────┘"));
}

TEST(Picture, TwoTasksAndTwoLocks) {
  const std::vector<Edge> edges = {{"alice→bob", "waits", "accounts[1].mu"},
                                   {"accounts[1].mu", "held by", "bob→alice"},
                                   {"bob→alice", "waits", "accounts[0].mu"},
                                   {"accounts[0].mu", "held by", "alice→bob"}};
  EXPECT_THAT(DrawPicture(edges, 96, true),
              ElementsAre("alice→bob ──waits──▶ accounts[1].mu ──held by──▶ bob→alice",
                          "    ▲                                                │",
                          "    └────held by───── accounts[0].mu ◀─────waits─────┘"));
  EXPECT_THAT(DrawPicture(edges, 96, false),
              ElementsAre("alice→bob --waits--> accounts[1].mu --held by--> bob→alice",
                          "    ^                                                |",
                          "    +----held by----- accounts[0].mu <-----waits-----+"));
}

TEST(Picture, ALongCycleClosesAtTheSide) {
  EXPECT_THAT(DrawPicture(Cycle(6), 80, true),
              ElementsAre("┌─▶ n0 ──waits──▶ n1 ──held by──▶",   //
                          "│   n2 ──waits──▶ n3 ──held by──▶",   //
                          "│   n4 ──waits──▶ n5 ──held by───┐",  //
                          "└────────────────────────────────┘"));
}

TEST(Picture, AHugeCycleLeavesItsMiddleOut) {
  const std::vector<std::string> lines = DrawPicture(Cycle(1000), 80, true);
  EXPECT_LT(lines.size(), 20u);
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("485 more lines")));
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("n999")));
}

TEST(Picture, WhatIsNoCycleIsAChain) {
  const std::vector<Edge> edges = {
      {"worker", "waits", "jobs"}, {"jobs", "served by", "main"}, {"other", "waits", "jobs"}};
  EXPECT_THAT(DrawPicture(edges, 80, true),
              ElementsAre("worker ──waits──▶ jobs ──served by──▶ main", "other ──waits──▶ jobs"));
}

TEST(Picture, TasksBehindACycleFollowIt) {
  std::vector<Edge> edges = Cycle(2);
  edges.push_back({"late", "waits", "n1"});
  const std::vector<std::string> lines = DrawPicture(edges, 80, true);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines.back(), "late ──waits──▶ n1");
}

// Every cycle of every size, with short and with long names, fits and is a closed drawing.
TEST(Picture, EveryCycleFitsItsWidth) {
  for (int n = 1; n <= 12; ++n) {
    for (std::size_t length : {2u, 9u, 30u, 60u}) {
      for (int width : {60, 72, 96, 116}) {
        const std::vector<std::string> lines = DrawPicture(Cycle(n, length), width, true);
        std::string all;
        for (const std::string& line : lines) {
          EXPECT_LE(DisplayWidth(line), width) << n << " nodes\n" << line;
          all += line;
        }
        EXPECT_THAT(all, HasSubstr("└")) << n;
        EXPECT_THAT(all, HasSubstr("┘")) << n;
      }
    }
  }
}

}  // namespace
}  // namespace gordian::detector
