#include "detector/symbols/symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <optional>
#include <string>

namespace gordian::detector {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// This program, as a recorder would describe it.
Module Self() {
  Module self;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        static_cast<Module*>(out)->base = info->dlpi_addr;
        return 1;  // the program itself comes first
      },
      &self);
  self.size = UINT64_MAX - self.base;
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  self.path.assign(path, static_cast<std::size_t>(length));
  return self;
}

int g_table[7] = {};

struct Place {
  std::uintptr_t address = 0;
  std::uint32_t line = 0;
};

// Where `CalledHere` was called.
[[gnu::noinline]] std::uintptr_t ReturnAddress() {
  return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

[[gnu::noinline]] Place CalledHere() {
  Place place;
  place.line = __LINE__ + 1;
  place.address = ReturnAddress();
  return place;
}

[[gnu::always_inline]] inline Place Inlined() {
  Place place;
  place.line = __LINE__ + 1;
  place.address = ReturnAddress();
  return place;
}

[[gnu::noinline]] Place OutOfLine() {
  Place place = Inlined();
  return place;
}

std::vector<Frame> FramesOf(const Module& module, std::uintptr_t address) {
  Symbolizer symbolizer;
  return symbolizer.Resolve(module, address - 1 - module.base);
}

TEST(Symbolizer, FindsFunctionFileAndLine) {
  const Place place = CalledHere();
  const std::vector<Frame> frames = FramesOf(Self(), place.address);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_THAT(FunctionName(frames[0].function), EndsWith("CalledHere"));
  EXPECT_THAT(frames[0].file, EndsWith("symbolizer_test.cc"));
  EXPECT_EQ(frames[0].line, place.line);
}

TEST(Symbolizer, ShowsInlinedFramesInnermostFirst) {
  const Place place = OutOfLine();
  const std::vector<Frame> frames = FramesOf(Self(), place.address);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_THAT(frames[0].function, HasSubstr("Inlined"));
  EXPECT_EQ(frames[0].line, place.line);
  EXPECT_TRUE(frames[0].inlined);
  EXPECT_THAT(frames[1].function, HasSubstr("OutOfLine"));
  EXPECT_FALSE(frames[1].inlined);
}

TEST(Symbolizer, AnotherBuildsFileIsNotAsked) {
  Module other = Self();
  other.build_id = "0123456789abcdef0123456789abcdef01234567";
  EXPECT_THAT(FramesOf(other, CalledHere().address), IsEmpty());
}

TEST(Symbolizer, NothingIsFoundInFilesThatAreNone) {
  for (const char* path : {"", "/", "/dev/null", "/etc/passwd", "linux-vdso.so.1"}) {
    Module module{.base = 0, .size = 100, .path = path, .build_id = "../../etc"};
    EXPECT_THAT(FramesOf(module, 17), IsEmpty()) << path;
  }
}

TEST(Symbolizer, DataHasTheNameOfItsVariable) {
  const Module self = Self();
  Symbolizer symbolizer;
  const auto address = reinterpret_cast<std::uint64_t>(&g_table[3]);
  const std::optional<Variable> found = symbolizer.ResolveData(self, address - self.base);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->name, HasSubstr("g_table"));
  EXPECT_EQ(found->bytes, sizeof g_table);
  EXPECT_EQ(address - self.base - found->begin, 3 * sizeof(int));
  const auto definition = symbolizer.ResolveDefinition(self, address - self.base);
  ASSERT_TRUE(definition.has_value());
  EXPECT_THAT(definition->file, EndsWith("symbolizer_test.cc"));
}

TEST(Symbolizer, WhatIsNoVariableHasNoName) {
  Symbolizer symbolizer;
  EXPECT_FALSE(symbolizer.ResolveData(Self(), 1).has_value());
  EXPECT_FALSE(symbolizer.ResolveData(Module{.path = "/nowhere"}, 4096).has_value());
}

}  // namespace
}  // namespace gordian::detector
