// RAPID's STD format: what each line means, and each way a line can be wrong.
#include "detector/reader/std_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/reader/verifier.h"
#include "tests/reader/streams.h"

namespace gordian::detector {
namespace {

using gordian::testing::Order;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Read {
  std::vector<std::string> lines;
  std::string error;
};

Read ReadStd(std::string_view text, std::size_t piece = std::string_view::npos) {
  StdReader reader;
  Order order;
  absl::Status status;
  while (!text.empty() && status.ok()) {
    status = reader.Feed(text.substr(0, piece), std::ref(order));
    text.remove_prefix(std::min(piece, text.size()));
  }
  if (status.ok()) status = reader.Finish(std::ref(order));
  return {order.lines(), std::string(status.message())};
}

constexpr std::string_view kProgram = R"(T0|fork(T1)|12
T0|acq(L1)|17
T0|w(V)|18
T0|rel(L1)|19
T1|r(V)|30
T0|join(T1)|20
)";

TEST(StdFormat, EachLineIsAnEvent) {
  EXPECT_THAT(
      ReadStd(kProgram).lines,
      ElementsAre("#1 task-name #1 \"T0\"", "#1 run #1 run=1 ns=0",
                  "#1 site 1 line=12 column=0 \"loc\"", "#1 task-name #2 s1 \"T1\"",
                  "#1 spawn #2 s1 kind=1 \"T1\"", "#1 site 2 line=17 column=0 \"loc\"",
                  "#1 object 1 s2 kind=recursive-mutex detail=0", "#1 object-name 1 s2 \"L1\"",
                  "#1 lock 1 s2", "#1 site 3 line=18 column=0 \"loc\"",
                  "#1 object 2 s3 kind=variable detail=0", "#1 object-name 2 s3 \"V\"",
                  "#1 write 2 s3", "#1 site 4 line=19 column=0 \"loc\"", "#1 unlock 1 s4",
                  "#2 run #2 run=1 ns=0", "#2 site 5 line=30 column=0 \"loc\"", "#2 read 2 s5",
                  "#1 site 6 line=20 column=0 \"loc\"", "#2 end #2 s6 how=0", "#1 join #2 s6",
                  "#1 process-end how=1"));
}

TEST(StdFormat, PiecesOfAnySizeAreTheSame) {
  for (const std::size_t piece : {1u, 2u, 7u, 30u}) {
    EXPECT_EQ(ReadStd(kProgram, piece).lines, ReadStd(kProgram).lines);
  }
}

// Most lines are read eight bytes at a time, where enough of them are there: fed byte by byte, none
// is. Lines that are nearly right say whether both mean the same.
TEST(StdFormat, LinesReadAtOnceAndByByteAreTheSame) {
  static constexpr std::string_view kParts[] = {
      "T0",   "T1",           "T23456",  "T2345678", "|",         "|",        "|", "r(",   "w(",
      "acq(", "rel(",         "end(",    ")",        ")|",        "V",        "L", "V1|r", "4",
      "17",   "00000017",     "1048576", "99999999", "123456789", "A.java:3", "#", " ",    "\r",
      "\n",   "\xEF\xBB\xBF", "(",
  };
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return random() % n; };
  const auto part = [&] { return std::string(kParts[below(std::size(kParts))]); };
  for (int round = 0; round < 4'000; ++round) {
    std::string text;
    for (std::size_t line = 0; line < 6; ++line) {
      const std::string op(kParts[7 + below(4)]);
      std::string next = absl::StrCat("T", below(2), "|", op, op.size() == 2 ? "V" : "L", below(3),
                                      ")|", below(2'000'000));
      if (below(3) == 0) next.insert(below(next.size() + 1), part());
      if (below(6) == 0) next.erase(below(next.size()), 1);
      absl::StrAppend(&text, next, "\n");
    }
    text.append(40, '\n');
    const Read at_once = ReadStd(text), by_byte = ReadStd(text, 1);
    ASSERT_EQ(at_once.lines, by_byte.lines) << text;
    ASSERT_EQ(at_once.error, by_byte.error) << text;
  }
}

TEST(StdFormat, TheLastLineNeedsNoNewline) {
  EXPECT_THAT(ReadStd("T0|r(x)|1\nT0|w(x)|2").lines, Contains("#1 write 1 s2"));
}

TEST(StdFormat, NamesAreArbitrary) {
  const Read read = ReadStd("my thread|acq(Foo.lock()@3|x)|Foo.java:17\n");
  EXPECT_THAT(read.error, IsEmpty());
  EXPECT_THAT(read.lines, Contains("#1 object-name 1 s1 \"Foo.lock()@3|x\""));
  EXPECT_THAT(read.lines, Contains("#1 site 1 line=17 column=0 \"Foo.java\""));
  EXPECT_THAT(read.lines, Contains("#1 task-name #1 \"my thread\""));
}

TEST(StdFormat, ALockAndAVariableOfOneNameAreTwoObjects) {
  const Read read = ReadStd("T0|acq(x)|1\nT0|w(x)|1\n");
  EXPECT_THAT(read.lines, Contains("#1 lock 1 s1"));
  EXPECT_THAT(read.lines, Contains("#1 write 2 s1"));
}

TEST(StdFormat, NamesOfEveryLengthAreKeptApart) {
  std::string text, name;
  for (int length = 1; length <= 20; ++length) {
    name += 'a';
    text += "T|acq(" + name + ")|1\n";
  }
  const Read read = ReadStd(text + text);
  EXPECT_THAT(read.lines, Contains("#1 lock 20 s1").Times(2));
  EXPECT_THAT(read.lines, Not(Contains("#1 lock 21 s1")));
}

TEST(StdFormat, BeginAndEndMarkARegionOrATask) {
  const Read read = ReadStd("T0|begin(T0)|1\nT0|begin(m)|1\nT0|end(m)|1\nT0|end(T0)|1\n");
  EXPECT_THAT(read.lines,
              ElementsAre("#1 task-name #1 \"T0\"", "#1 run #1 run=1 ns=0",
                          "#1 site 1 line=1 column=0 \"loc\"", "#1 atomically-begin s1",
                          "#1 atomically-end s1", "#1 end #1 s1 how=0", "#1 process-end how=1"));
}

TEST(StdFormat, ARegionMayGoWithoutAName) {
  const Read read = ReadStd("T0|begin|1\nT0|end|2\n");
  EXPECT_THAT(read.lines, Contains("#1 atomically-begin s1"));
  EXPECT_THAT(read.lines, Contains("#1 atomically-end s2"));
}

TEST(StdFormat, ALocationMayHaveALine) {
  const Read read = ReadStd("T0|w(x)|Bank.java:17\nT0|w(x)|at:noon\nT0|w(x)|:5\n");
  EXPECT_THAT(read.lines, Contains("#1 site 1 line=17 column=0 \"Bank.java\""));
  EXPECT_THAT(read.lines, Contains("#1 site 2 line=0 column=0 \"at:noon\""));
  EXPECT_THAT(read.lines, Contains("#1 site 3 line=0 column=0 \":5\""));
}

TEST(StdFormat, WhereTheTraceStopsEverybodyLeavesItsSectionsAndEnds) {
  const Read read = ReadStd("T0|fork(T1)|1\nT1|acq(L)|2\nT1|acq(L)|3\nT0|acq(M)|4");
  EXPECT_THAT(read.lines, Contains("#2 unlock 1").Times(2));
  EXPECT_THAT(read.lines, Contains("#1 unlock 2"));
  EXPECT_THAT(read.lines, Contains("#2 end #2 how=0"));
  // Not who has said that it ended with the lock.
  const Read said = ReadStd("T0|fork(T1)|1\nT1|acq(L)|2\nT1|end(T1)|3\n");
  EXPECT_THAT(said.lines, Not(Contains(HasSubstr("unlock"))));
}

struct Mistake {
  std::string name;
  std::string line;
  std::string message;
};

class StdMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(StdMistake, IsNamedWithItsLine) {
  const Read read = ReadStd("T0|r(x)|1\n\n" + GetParam().line + "\nT0|w(x)|1\n");
  EXPECT_THAT(read.error, HasSubstr("line 3: " + GetParam().message));
  EXPECT_THAT(read.lines, Contains("#1 read 1 s1"));
  EXPECT_THAT(read.lines, Not(Contains("#1 write 1 s1"))) << "nothing is read behind it";
}

INSTANTIATE_TEST_SUITE_P(
    All, StdMistake,
    ::testing::Values(Mistake{"NoBar", "T0 acq L1", "there is no `|`"},
                      Mistake{"OneBar", "T0|acq(L1)", "there is only one `|`"},
                      Mistake{"NoTid", "|acq(L1)|1", "the tid is missing"},
                      Mistake{"NoLocation", "T0|acq(L1)|", "the location is missing"},
                      Mistake{"NoBrackets", "T0|acq L1|1", "the operation is not op(operand)"},
                      Mistake{"OpenBracket", "T0|acq(L1|1", "the operation is not op(operand)"},
                      Mistake{"EmptyMiddle", "T0||1", "the operation is not op(operand)"},
                      Mistake{"UnknownOp", "T0|lock(L1)|1", "the operation is none of acq"},
                      Mistake{"NoOperand", "T0|acq()|1", "the operand is missing"},
                      Mistake{"Binary", std::string("\x00\xff\x7f", 3), "there is no `|`"}),
    [](const ::testing::TestParamInfo<Mistake>& info) { return info.param.name; });

// --- What is well written, and cannot have happened ---------------------------------

struct Impossible {
  std::string name;
  std::string text;  // whose last line cannot have happened
  std::string message;
};

class StdImpossible : public ::testing::TestWithParam<Impossible> {};

TEST_P(StdImpossible, IsNamedWithItsLine) {
  const Read read = ReadStd(GetParam().text + "\nT0|w(behind)|9\n");
  EXPECT_EQ(read.error, GetParam().message);
  EXPECT_THAT(read.lines, Not(Contains(HasSubstr("behind")))) << "nothing is read behind it";
}

INSTANTIATE_TEST_SUITE_P(
    All, StdImpossible,
    ::testing::Values(
        Impossible{"ReleaseOfNothing", "\nT0|rel(L)|1",
                   "line 2: T0 releases L, which nobody holds"},
        Impossible{"ReleaseTwice", "T0|acq(L)|1\nT0|rel(L)|2\nT0|rel(L)|3",
                   "line 3: T0 releases L, which nobody holds"},
        Impossible{"ReleaseOnceTooOften",
                   "T0|acq(L)|1\nT0|acq(L)|1\nT0|rel(L)|2\nT0|rel(L)|3\nT0|rel(L)|3",
                   "line 5: T0 releases L, which nobody holds"},
        Impossible{"ReleaseOfAnothers", "T0|acq(L)|7\nT1|rel(L)|8",
                   "line 2: T1 releases L, which T0 holds since line 1"},
        Impossible{"AcquireWhileHeld", "T0|acq(K)|6\nT0|acq(L)|7\nT0|acq(L)|7\nT1|acq(L)|8",
                   "line 4: T1 acquires L, which T0 holds since line 2"},
        Impossible{"AcquireOfWhatTheEndedHolds", "T1|acq(L)|7\nT0|join(T1)|8\nT0|acq(L)|8",
                   "line 3: T0 acquires L, which T1 holds since line 1"},
        Impossible{"ActsBeforeItsFork", "T1|w(x)|1\nT0|fork(T1)|2",
                   "line 2: T0 forks T1, which is there since line 1"},
        Impossible{"ForkedTwice", "T0|fork(T1)|1\nT2|fork(T1)|2",
                   "line 2: T2 forks T1, which is there since line 1"},
        Impossible{"ForksItself", "T0|fork(T0)|1",
                   "line 1: T0 forks T0, which is there since line 1"},
        Impossible{"JoinsItself", "T0|w(x)|1\nT0|join(T0)|1", "line 2: T0 joins itself"},
        Impossible{"JoinsNobody", "T0|join(T9)|1",
                   "line 1: T0 joins T9, which nobody has forked and which has done nothing"},
        Impossible{"ActsAfterItsJoin", "T0|fork(T1)|1\nT1|w(x)|2\nT0|join(T1)|3\nT1|r(x)|4",
                   "line 4: T1 acts after its end in line 3"},
        Impossible{"ActsAfterItsEnd", "T1|w(x)|2\nT1|end(T1)|3\nT0|join(T1)|3\nT1|begin(m)|4",
                   "line 4: T1 acts after its end in line 2"}),
    [](const ::testing::TestParamInfo<Impossible>& info) { return info.param.name; });

TEST(StdFormat, WhatMayHappen) {
  for (const std::string_view text : {
           "T0|acq(L)|1\nT0|acq(L)|2\nT0|rel(L)|3\nT0|rel(L)|4\nT1|acq(L)|5\nT1|rel(L)|6",
           "T1|w(x)|1\nT0|join(T1)|2",                     // a root
           "T0|fork(T1)|1\nT0|join(T1)|2\nT2|join(T1)|3",  // Java's threads are joined at will
           "T0|acq(L)|1\nT1|acq(M)|2",                     // held to the end
           "T0|fork(T1)|1\nT0|end(T0)|2\nT1|w(x)|3",       // outlives its parent
           "T0|end(m)|1\nT0|begin(m)|2\nT0|end(other)|3",  // what is marked is its own affair
       }) {
    Verifier verifier;
    StdReader reader;
    const auto take = [&](const trace::Event& event) { verifier.Take(event); };
    EXPECT_TRUE(reader.Feed(text, take).ok()) << text;
    EXPECT_TRUE(reader.Finish(take).ok()) << text;
    verifier.Finish(true);
    for (const Violation& violation : verifier.violations()) ADD_FAILURE() << violation.message;
  }
}

TEST(StdFormat, ATaskThatDidNothingHasEndedWhenItIsJoined) {
  const Read read = ReadStd("T0|fork(T1)|1\nT0|fork(T2)|2\nT0|join(T1)|3\n");
  EXPECT_THAT(read.lines, Contains(HasSubstr("#2 end #2")));
  EXPECT_THAT(read.lines, Contains(HasSubstr("#3 end #3"))) << "nor does it outlive the trace";
}

TEST(StdFormat, BlanksAroundALineAreNoPartOfIt) {
  const Read read =
      ReadStd("\xEF\xBB\xBFT0|w(x)|1\r\n \t\r\n# a remark\n\n  T0|w(x)|1 \nT0|w(x)|1\r");
  EXPECT_THAT(read.error, IsEmpty());
  EXPECT_THAT(read.lines, Contains("#1 write 1 s1").Times(3));
}

TEST(StdFormat, AnEndlessLine) {
  EXPECT_THAT(ReadStd("T0|r(x)|1\n" + std::string(100'000, 'a')).error,
              HasSubstr("line 2 is longer than 64 KiB"));
}

TEST(StdFormat, AnEmptyTraceHasNoEvents) { EXPECT_THAT(ReadStd("").lines, IsEmpty()); }

}  // namespace
}  // namespace gordian::detector
