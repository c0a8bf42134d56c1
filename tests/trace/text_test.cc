// The text form: golden lines both ways, every event both ways, and one test per mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "instrument/trace/decoder.h"
#include "instrument/trace/encoder.h"
#include "instrument/trace/text_parser.h"
#include "instrument/trace/text_printer.h"
#include "instrument/trace/wire.h"

namespace gordian::trace {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::uint64_t>;

// The words of a text, or its error.
struct Parsed {
  Words words;
  std::string error;
};

Parsed Parse(std::string_view text) {
  Parsed parsed;
  TextParser parser;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!parser.ParseLine(text.substr(0, end), parsed.words)) {
      parsed.error = parser.error();
      return parsed;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parsed;
}

std::string Print(const Words& words) {
  std::string text = "@ 1\n";
  Event event;
  for (std::size_t at = 0; at < words.size();) {
    const Decoded record = Decode(&words[at], words.data() + words.size(), event);
    if (record.error != RecordError::kNone) return std::string(Describe(record.error));
    AppendRecordLine(event, record.wide, text);
    at += record.words;
  }
  return text;
}

constexpr std::string_view kGolden = R"(@ 1
process pid=4711 start_ns=99 "./bank --small"
site 2 line=18 column=3 "bank.cc\nTransfer"
run #1 run=1 ns=100
object 1 v1 kind=mutex detail=0
object-name 1 "accounts[0].mu"
lock 1 s2
unlock 1
lock-request 1 s3 v8 timed
lock 1 s2 v7 for=#3 select
wg-add 4 v9 delta=-1 value=0
select 2 s5 has_default=1
mem-read 4 s5 address=4096
mem-write-range 8 s5 address=4096 stride=16 count=100
object 7 v1 kind=memory detail=0
heap-alloc 7 s5 v2 part address=4096 bytes=64
progress
task-name #3 "worker \u0001 \"quoted\" \\ größer \udcff"
)";

TEST(Text, GoldenBothWays) {
  const Parsed parsed = Parse(kGolden);
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(Print(parsed.words), kGolden);
}

TEST(Text, TheWordsOfALine) {
  EXPECT_EQ(Parse("@ 1\nlock 1 s2 v7 for=#3").words,
            (Words{Head(EventType::kLock, true, 2, 1), Ext(7, kFlagFor), 3}));
  EXPECT_EQ(Parse("@ 1\nlock 1 s2").words, (Words{Head(EventType::kLock, false, 2, 1)}));
}

TEST(Text, BlanksAndCommentsSayNothing) {
  EXPECT_EQ(Parse("# a trace\n\n@ 1  # the first\n  progress\t# moves\n").words.size(), 1u);
}

TEST(Text, CarriageReturnsAreBlanks) { EXPECT_EQ(Parse("@ 1\r\nprogress\r\n").error, ""); }

TEST(Text, JsonEscapes) {
  Event event;
  const Words words = Parse(R"(@ 1
task-name #1 "\n\t\/\u00e9\ud83d\ude00")")
                          .words;
  ASSERT_EQ(Decode(words.data(), words.data() + words.size(), event).error, RecordError::kNone);
  EXPECT_EQ(event.text, "\n\t/\u00e9\U0001F600");
}

// Any record: its type and whatever its fields may be.
Event AnyEvent() {
  const auto type = *rc::gen::inRange<std::size_t>(1, kEventTypes);
  const EventSpec& spec = Spec(static_cast<EventType>(type));
  Event event{.type = static_cast<EventType>(type)};
  if (spec.subject != Subject::kNone) event.subject = *rc::gen::inRange<std::uint32_t>(1, 9999);
  event.site = *rc::gen::inRange<SiteId>(0, kMaxSite + 1);
  event.version = *rc::gen::inRange<Version>(spec.order == Order::kOrdered ? 1 : 0, kMaxVersion);
  event.flags = static_cast<std::uint16_t>(*rc::gen::inRange(0, kKnownFlags + 1));
  if (event.Has(kFlagFor)) event.task = *rc::gen::inRange<TaskId>(1, 9999);
  for (std::size_t i = 0; i < spec.arity; ++i) event.args[i] = *rc::gen::arbitrary<std::uint64_t>();
  return event;
}

RC_GTEST_PROP(TextProperty, AnyRecordComesBack, ()) {
  Event event = AnyEvent();
  const auto text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  if (Spec(event.type).has_text) event.text = text;
  Words words;
  Encode(event, words, *rc::gen::arbitrary<bool>());
  const Parsed parsed = Parse(Print(words));
  RC_ASSERT(parsed.error == "");
  RC_ASSERT(parsed.words == words);
}

RC_GTEST_PROP(TextProperty, NoLineBreaksTheParser, (const std::string& noise)) {
  TextParser parser;
  Words words;
  parser.ParseLine("@ 1", words);
  std::string line = "lock 1 s2 v7 for=#3 \"text\"";
  line.insert(*rc::gen::inRange<std::size_t>(0, line.size()), noise);
  if (!parser.ParseLine(line, words)) RC_ASSERT(parser.error().starts_with("line 2: "));
}

struct Mistake {
  std::string name;
  std::string line;
  std::string message;
};

class TextMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(TextMistake, IsNamedWithItsLine) {
  const Parsed parsed = Parse("@ 1\n\n" + GetParam().line + "\nprogress");
  EXPECT_THAT(parsed.error, HasSubstr("line 3: "));
  EXPECT_THAT(parsed.error, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, TextMistake,
    ::testing::Values(
        Mistake{"UnknownEvent", "lokc 1", "no event is named `lokc`"},
        Mistake{"NoSubject", "lock", "the subject cannot be ``"},
        Mistake{"SubjectIsNoNumber", "lock A", "the subject cannot be `A`"},
        Mistake{"SubjectTooLarge", "lock 4294967296", "the subject cannot be `4294967296`"},
        Mistake{"NilObject", "lock 0", "object 0 has no versions"},
        Mistake{"TaskWithoutSign", "end 1 how=0", "a task, as `#1`"},
        Mistake{"SiteTooLarge", "lock 1 s16777216", "the site cannot be `16777216`"},
        Mistake{"VersionTooLarge", "lock 1 v281474976710656", "the version cannot be"},
        Mistake{"VersionZero", "lock 1 v0", "cannot take version 0"},
        Mistake{"FlagsWithoutVersion", "lock 1 timed", "cannot take version 0"},
        Mistake{"ForNobody", "lock 1 v1 for=#0", "`for` cannot be task 0"},
        Mistake{"ForWithoutSign", "lock 1 v1 for=2", "`for` needs a task"},
        Mistake{"OperandMissing", "time", "`ns` is missing"},
        Mistake{"OperandUnknown", "time ns=1 us=2", "`time` has no `us`"},
        Mistake{"OperandIsNoNumber", "time ns=soon", "`ns` cannot be `soon`"},
        Mistake{"KindUnknown", "object 1 v1 kind=mutt detail=0", "`kind` cannot be `mutt`"},
        Mistake{"TextMissing", "task-name #1", "a text in quotes is missing"},
        Mistake{"TextOpen", "task-name #1 \"wor", "no closing quote"},
        Mistake{"TextBadEscape", "task-name #1 \"\\q\"", "unknown escape"},
        Mistake{"TextBadUnicode", "task-name #1 \"\\u12\"", "bad \\u escape"},
        Mistake{"TextHalfCharacter", "task-name #1 \"\\ud800\"", "half a character"},
        Mistake{"TextWhereThereIsNone", "progress \"x\"", "there is more than fits"},
        Mistake{"StrayWord", "lock 1 quickly", "`quickly` means nothing here"},
        Mistake{"StreamZero", "@ 0", "numbered from 1"}),
    [](const ::testing::TestParamInfo<Mistake>& info) { return info.param.name; });

TEST(Text, AnEventBeforeAnyStream) {
  EXPECT_THAT(Parse("progress").error, HasSubstr("line 1: a stream, as `@ 1`"));
}

}  // namespace
}  // namespace gordian::trace
