#include "detector/report/display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gordian::detector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Display, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("mutex"), 5);
  EXPECT_EQ(DisplayWidth("alice→bob"), 9);
  EXPECT_EQ(DisplayWidth("口座"), 4);     // wide
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);  // combining
  EXPECT_EQ(DisplayWidth("🔒"), 2);
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);  // no UTF-8: one each
}

TEST(Display, NamesCannotSteerTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(Printable("two\nlines\t"), "two\\x0alines\\x09");
  EXPECT_EQ(Printable("\u202Egnp.exe"), "\\u202egnp.exe");
  EXPECT_EQ(Printable("\xff"), "\\xff");
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(Printable("口座→🔒"), "口座→🔒");
}

TEST(Display, CutsAtColumns) {
  EXPECT_EQ(Shortened("accounts", 8), "accounts");
  EXPECT_EQ(Shortened("accounts", 5), "acco…");
  EXPECT_EQ(Shortened("口座口座", 5), "口座…");
  EXPECT_EQ(Padded("口座", 6), "口座  ");
  EXPECT_EQ(Padded("too long", 3), "too long");
}

TEST(Display, WrapsAtSpaces) {
  EXPECT_THAT(Wrapped("one two  three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrapped("unbreakable word", 4), ElementsAre("unbreakable", "word"));
  EXPECT_THAT(Wrapped("  \n ", 10), IsEmpty());
}

}  // namespace
}  // namespace gordian::detector
