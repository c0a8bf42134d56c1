#include "instrument/recorder/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gordian::recorder {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OptionsTest, PairsStandApartByColonsOrSpace) {
  Options options;
  EXPECT_THAT(ParseOptions("trace=a.gtrace:fork=off  exitcode=7\nleak_grace=20ms", options),
              IsEmpty());
  EXPECT_EQ(options.trace, "a.gtrace");
  EXPECT_FALSE(options.follow_fork);
  EXPECT_EQ(options.exitcode, 7);
  EXPECT_EQ(options.leak_grace, milliseconds(20));
}

TEST(OptionsTest, QuotesProtectSeparators) {
  Options options;
  EXPECT_THAT(ParseOptions("trace='my file:1.gtrace':stacks=1", options), IsEmpty());
  EXPECT_EQ(options.trace, "my file:1.gtrace");
  EXPECT_TRUE(options.stacks);
  EXPECT_THAT(ParseOptions("trace=\"it's\"", options), IsEmpty());
  EXPECT_EQ(options.trace, "it's");
}

TEST(OptionsTest, UnknownKeyNamesTheNearest) {
  Options options;
  EXPECT_THAT(ParseOptions("leek_grace=1s:fork=off", options),
              ElementsAre("unknown option \"leek_grace\"; the nearest is \"leak_grace\""));
  EXPECT_FALSE(options.follow_fork) << "the pairs after it still count";
}

TEST(OptionsTest, WrongValueSaysWhatIsTaken) {
  Options options;
  const Options defaults;
  EXPECT_THAT(ParseOptions("fork=maybe exitcode=256 leak_grace=5 trace_limit=1Q trace", options),
              ElementsAre(HasSubstr("trace|off"), HasSubstr("0..255"), HasSubstr("TIME"),
                          HasSubstr("SIZE"), HasSubstr("FILE")));
  EXPECT_EQ(options.follow_fork, defaults.follow_fork);
  EXPECT_EQ(options.exitcode, defaults.exitcode);
  EXPECT_EQ(options.leak_grace, defaults.leak_grace);
}

TEST(OptionsTest, WhatIsJudgedCanBeSet) {
  Options options;
  EXPECT_THAT(ParseOptions("allow='pool.cc:41,keep*':allow=x fail_on=leak.goroutine=none,confirmed "
                           "starvation_count=7 starvation_time=2s livelock_count=8 spin_count=9",
                           options),
              IsEmpty());
  EXPECT_THAT(options.allow, ElementsAre("pool.cc:41,keep*", "x"));
  EXPECT_THAT(options.fail_on, ElementsAre("leak.goroutine=none,confirmed"));
  EXPECT_EQ(options.starvation_count, 7u);
  EXPECT_EQ(options.starvation_time, milliseconds(2000));
  EXPECT_EQ(options.livelock_count, 8u);
  EXPECT_EQ(options.spin_count, 9u);
  EXPECT_EQ(SetOption("spin_count", "0", options),
            "option spin_count does not take \"0\", it takes N (10000)");
}

TEST(OptionsTest, NumbersThatDoNotFitAreRefused) {
  Options options;
  EXPECT_THAT(ParseOptions("trace_limit=99999999999999999999G", options),
              ElementsAre(HasSubstr("trace_limit")));
  EXPECT_THAT(ParseOptions("leak_grace=9999999999999m", options),
              ElementsAre(HasSubstr("leak_grace")));
}

TEST(OptionsTest, HelpListsEveryKeyWithItsDefault) {
  const std::string help = DescribeOptions();
  for (const char* key : {"trace=", "trace_limit=", "fork=", "stacks=", "leak_grace=",
                          "leak_grace_exit=", "test_timeout=", "exitcode=", "help="}) {
    EXPECT_THAT(help, HasSubstr(key));
  }
  EXPECT_THAT(help, HasSubstr("(500ms)"));
}

}  // namespace
}  // namespace gordian::recorder
