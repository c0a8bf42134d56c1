// Leaks on purpose: which tasks a pattern names, and that everything else stays.
#include "detector/report/allow_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gordian::detector {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Pattern, StarsAndQuestionMarks) {
  EXPECT_TRUE(MatchesPattern("worker", "worker"));
  EXPECT_FALSE(MatchesPattern("worker", "worker 1"));
  EXPECT_TRUE(MatchesPattern("worker*", "worker 1"));
  EXPECT_TRUE(MatchesPattern("worker*", "worker"));
  EXPECT_TRUE(MatchesPattern("*::Run", "net::Server::Run"));
  EXPECT_FALSE(MatchesPattern("*::Run", "net::Server::Runs"));
  EXPECT_TRUE(MatchesPattern("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(MatchesPattern("a*b*c", "a-c-b"));
  EXPECT_TRUE(MatchesPattern("worker ?", "worker 7"));
  EXPECT_FALSE(MatchesPattern("worker ?", "worker 17"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_FALSE(MatchesPattern("", "x"));
}

Finding Leak(std::vector<trace::TaskId> tasks, std::string rule = "leak.goroutine") {
  Finding finding{.rule = std::move(rule)};
  finding.tasks.push_back({.id = tasks.front()});
  finding.explains = std::move(tasks);
  return finding;
}

std::string NameOf(trace::TaskId task) { return task < 10 ? "keepalive" : "worker"; }

std::vector<Finding> Left(AllowList& allow, std::vector<Finding> findings) {
  allow.Remove(findings, SiteTable(), NameOf);
  return findings;
}

TEST(AllowList, ByName) {
  AllowList allow(std::vector<std::string>{"keep*, nobody"});
  EXPECT_THAT(Left(allow, {Leak({1, 2}), Leak({10})}), SizeIs(1));
  ASSERT_THAT(allow.patterns(), SizeIs(2));
  EXPECT_EQ(allow.patterns()[0].tasks, 2u);
  EXPECT_EQ(allow.patterns()[1].tasks, 0u) << "it can be seen that nothing was matched";
}

TEST(AllowList, OneOtherTaskKeepsTheFinding) {
  AllowList allow(std::vector<std::string>{"keepalive"});
  EXPECT_THAT(Left(allow, {Leak({1, 2, 10})}), SizeIs(1));
  EXPECT_EQ(allow.patterns()[0].tasks, 0u);
}

TEST(AllowList, OnlyLeaksOfTasks) {
  AllowList allow(std::vector<std::string>{"*"});
  EXPECT_THAT(Left(allow, {Leak({1}, "deadlock.cycle"), Leak({1}, "leak.context")}), SizeIs(2));
  EXPECT_THAT(Left(allow, {Leak({1}, "leak.thread")}), IsEmpty());
}

TEST(AllowList, ByThePlaceAndFunctionThatStartedIt) {
  SiteTable sites;
  const std::vector<Frame> frames = {
      {.function = "net::Pool::Start(int)", .file = "/src/net/pool.cc", .line = 41}};
  const std::string text = EncodeFrames(frames);
  trace::Event event;
  event.type = trace::EventType::kSiteFrames;
  event.subject = 3;
  event.text = text;
  sites.Take(event);
  for (const char* pattern : {"net::Pool::Start", "*::Start", "pool.cc", "pool.cc:41", "/src/net/*",
                              "/src/net/pool.cc:41"}) {
    Finding leak = Leak({10});
    leak.tasks[0].spawned_at = 3;
    std::vector<Finding> findings = {leak};
    AllowList(std::vector<std::string>{pattern}).Remove(findings, sites, NameOf);
    EXPECT_THAT(findings, IsEmpty()) << pattern;
  }
  Finding leak = Leak({10});
  leak.tasks[0].spawned_at = 3;
  std::vector<Finding> findings = {leak};
  AllowList(std::vector<std::string>{"pool.cc:42"}).Remove(findings, sites, NameOf);
  EXPECT_THAT(findings, SizeIs(1));
}

}  // namespace
}  // namespace gordian::detector
