#include "detector/symbols/site_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "instrument/trace/wire.h"

namespace gordian::detector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using trace::Event;
using trace::EventType;

Event Definition(EventType type, std::uint32_t subject, std::string_view text,
                 std::uint64_t first = 0, std::uint64_t second = 0) {
  Event event;
  event.type = type;
  event.subject = subject;
  event.args = {first, second, 0, 0};
  event.text = text;
  return event;
}

std::string Stack(std::initializer_list<std::uint64_t> addresses) {
  return std::string(reinterpret_cast<const char*>(addresses.begin()), addresses.size() * 8);
}

// Knows every address of every module, and remembers who asked for what.
class FakeResolver final : public AddressResolver {
 public:
  std::vector<Frame> Resolve(const Module& module, std::uint64_t offset) override {
    asked.emplace_back(module.path, offset);
    if (module.path == "/bin/stripped") return {};
    return {{.function = "Transfer()", .file = "/src/bank.cc", .line = 18}};
  }
  std::vector<std::pair<std::string, std::uint64_t>> asked;
};

TEST(SiteTable, ASourceLocationIsOneFrame) {
  SiteTable sites;
  sites.Take(Definition(EventType::kSite, 4, "/src/bank.cc\nvoid Transfer()", 18, 7));
  ASSERT_NE(sites.Shown(4), nullptr);
  EXPECT_EQ(*sites.Shown(4), (Frame{"void Transfer()", "/src/bank.cc", 18, 7, false}));
  EXPECT_EQ(sites.Shown(0), nullptr);
  EXPECT_EQ(sites.Shown(5), nullptr);
}

TEST(SiteTable, AStackIsResolvedInTheModuleThatHoldsItsCall) {
  SiteTable sites;
  sites.Take(Definition(EventType::kModule, 1, "/bin/bank\nabcd", 0x1000, 0x100));
  sites.Take(Definition(EventType::kModule, 2, "/lib/libfoo.so\n", 0x9000, 0x100));
  sites.Take(Definition(EventType::kSiteStack, 3, Stack({0x1010, 0x9020})));
  FakeResolver resolver;
  sites.Resolve(resolver);
  // One before each return address: the call itself.
  EXPECT_THAT(resolver.asked, ElementsAre(Pair("/bin/bank", 0xF), Pair("/lib/libfoo.so", 0x1F)));
  EXPECT_EQ(sites.Frames(3).size(), 2u);
}

TEST(SiteTable, AnAddressWithoutNamesSaysItsModuleAndOffset) {
  SiteTable sites;
  sites.Take(Definition(EventType::kModule, 1, "/bin/stripped\nab", 0x1000, 0x100));
  sites.Take(Definition(EventType::kSiteStack, 3, Stack({0x1010, 0x7777})));
  FakeResolver resolver;
  sites.Resolve(resolver);
  ASSERT_EQ(sites.Frames(3).size(), 2u);
  EXPECT_EQ(sites.Frames(3)[0].file, "/bin/stripped+0x10");
  EXPECT_EQ(sites.Frames(3)[1].file, "0x7777");
}

TEST(SiteTable, StoredFramesWinOverThisMachines) {
  SiteTable sites;
  const std::vector<Frame> stored = {{.function = "Origin()", .file = "/there/a.cc", .line = 5}};
  sites.Take(Definition(EventType::kModule, 1, "/bin/bank\nabcd", 0x1000, 0x100));
  sites.Take(Definition(EventType::kSiteStack, 3, Stack({0x1010})));
  sites.Take(Definition(EventType::kSiteFrames, 3, EncodeFrames(stored)));
  FakeResolver resolver;
  sites.Resolve(resolver);
  EXPECT_THAT(resolver.asked, IsEmpty());
  EXPECT_EQ(sites.Shown(3)->function, "Origin()");
}

TEST(SiteTable, ResolvedRecordsReadBackAsTheSameFrames) {
  SiteTable sites;
  sites.Take(Definition(EventType::kModule, 1, "/bin/bank\nabcd", 0x1000, 0x100));
  sites.Take(Definition(EventType::kSite, 1, "/src/x.cc\nf", 1, 1));
  sites.Take(Definition(EventType::kSiteStack, 3, Stack({0x1010})));
  FakeResolver resolver;
  sites.Resolve(resolver);

  const std::vector<std::uint64_t> words = sites.ResolvedRecords();
  ASSERT_GE(words.size(), 2u);
  EXPECT_EQ(trace::TypeOf(words[0]), EventType::kSiteFrames);
  EXPECT_FALSE(trace::IsWide(words[0]));
  EXPECT_EQ(trace::SubjectOf(words[0]), 3u);
  ASSERT_EQ(words.size(), 2 + (words[1] + 7) / 8) << "one record, and no padding too many";
  const std::string_view text(reinterpret_cast<const char*>(&words[2]), words[1]);
  SiteTable elsewhere;
  elsewhere.Take(Definition(EventType::kSiteFrames, 3, text));
  EXPECT_EQ(*elsewhere.Shown(3), *sites.Shown(3));
}

TEST(SiteTable, HostileDefinitionsAreHarmless) {
  SiteTable sites;
  sites.Take(Definition(EventType::kSite, 1, "", ~0ull, ~0ull));
  sites.Take(Definition(EventType::kSiteStack, 2, "odd"));
  sites.Take(Definition(EventType::kModule, 1, "\n", ~0ull, ~0ull));
  sites.Take(Definition(EventType::kModule, 1, "no build id", 0, ~0ull));
  sites.Take(Definition(EventType::kSiteStack, 3, Stack({0, ~0ull})));
  FakeResolver resolver;
  sites.Resolve(resolver);
  EXPECT_TRUE(sites.Frames(2).empty());
  EXPECT_EQ(sites.Frames(3).size(), 2u);
}

}  // namespace
}  // namespace gordian::detector
