// One record at a time: what an encoder writes a decoder reads, and nothing else.
#include "instrument/trace/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "instrument/trace/encoder.h"

namespace gordian::trace {
namespace {

using Words = std::vector<std::uint64_t>;

RecordError ErrorOf(const Words& words) {
  Event event;
  return Decode(words.data(), words.data() + words.size(), event).error;
}

// An event of this type with something in every place that its record has.
Event FullEvent(EventType type) {
  const EventSpec& spec = Spec(type);
  Event event{.type = type, .site = 77};
  if (spec.subject != Subject::kNone) event.subject = 5;
  if (spec.order != Order::kLocal) event.version = 9;
  for (std::size_t i = 0; i < spec.arity; ++i) event.args[i] = 1000 + i;
  if (spec.has_text) event.text = "a text of nineteen";
  return event;
}

void ExpectSame(const Event& a, const Event& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.site, b.site);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.args, b.args);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.task, b.task);
}

class EveryEvent : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryEvent, SurvivesTheWords) {
  Event event = FullEvent(static_cast<EventType>(GetParam()));
  for (const bool on_behalf : {false, true}) {
    if (on_behalf) {
      event.flags = kFlagFor | kFlagSelect;
      event.task = 12;
    }
    Words words;
    Encode(event, words);
    Event decoded;
    const Decoded record = Decode(words.data(), words.data() + words.size(), decoded);
    ASSERT_EQ(record.error, RecordError::kNone) << Describe(record.error);
    EXPECT_EQ(record.words, words.size());
    ExpectSame(decoded, event);
  }
}

TEST_P(EveryEvent, CutAnywhereIsIncomplete) {
  Event event = FullEvent(static_cast<EventType>(GetParam()));
  event.flags = kFlagFor;
  event.task = 3;
  Words words;
  Encode(event, words);
  for (std::size_t length = 0; length < words.size(); ++length) {
    const Words cut(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(ErrorOf(cut), RecordError::kIncomplete) << length << " of " << words.size();
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryEvent, ::testing::Range(std::size_t{1}, kEventTypes),
                         [](const ::testing::TestParamInfo<std::size_t>& info) {
                           std::string name(Spec(static_cast<EventType>(info.param)).name);
                           std::erase(name, '-');
                           return name;
                         });

TEST(Decode, AnUncontendedLockIsOneWord) {
  Words words;
  Encode({.type = EventType::kLock, .subject = 7, .site = 3}, words);
  EXPECT_EQ(words.size(), 1u);
}

TEST(Decode, KeepsThatARecordIsWide) {
  Words words;
  Encode({.type = EventType::kLockRequest, .subject = 7}, words, /*wide=*/true);
  Event event;
  EXPECT_TRUE(Decode(words.data(), words.data() + words.size(), event).wide);
  EXPECT_EQ(words.size(), 2u);
}

TEST(Decode, TextsOfEveryLengthComeBack) {
  const std::string text = "0123456789abcdef";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    Words words;
    Encode({.type = EventType::kTaskName, .subject = 1, .text = {text.data(), length}}, words);
    Event event;
    ASSERT_EQ(Decode(words.data(), words.data() + words.size(), event).error, RecordError::kNone);
    EXPECT_EQ(event.text, text.substr(0, length));
  }
}

TEST(Decode, AZeroWordEndsAStream) { EXPECT_EQ(ErrorOf({0}), RecordError::kEndOfStream); }

TEST(Decode, UnknownType) {
  EXPECT_EQ(ErrorOf({Head(static_cast<EventType>(kEventTypes), false, 0, 1)}),
            RecordError::kUnknownType);
  EXPECT_EQ(ErrorOf({Head(EventType::kNone, false, 0, 1)}), RecordError::kUnknownType);
}

TEST(Decode, UnknownFlags) {
  EXPECT_EQ(ErrorOf({Head(EventType::kLock, true, 0, 1), Ext(1, 0x8000)}),
            RecordError::kUnknownFlags);
}

TEST(Decode, AnOrderedRecordThatTakesNoVersion) {
  EXPECT_EQ(ErrorOf({Head(EventType::kLock, true, 0, 1), Ext(0, 0)}), RecordError::kNoVersion);
}

TEST(Decode, OnBehalfOfNobody) {
  EXPECT_EQ(ErrorOf({Head(EventType::kLock, true, 0, 1), Ext(1, kFlagFor), 0}),
            RecordError::kNoTask);
  EXPECT_EQ(ErrorOf({Head(EventType::kLock, true, 0, 1), Ext(1, kFlagFor), 1ull << 32}),
            RecordError::kNoTask);
}

TEST(Decode, ASubjectWhereThereIsNone) {
  EXPECT_EQ(ErrorOf({Head(EventType::kProgress, false, 0, 1)}), RecordError::kBadSubject);
}

TEST(Decode, TheNilObjectTakesNoVersions) {
  EXPECT_EQ(ErrorOf({Head(EventType::kLock, false, 0, 0)}), RecordError::kBadSubject);
}

TEST(Decode, TextTooLong) {
  EXPECT_EQ(ErrorOf({Head(EventType::kTaskName, false, 0, 1), kMaxTextBytes + 1}),
            RecordError::kTextTooLong);
}

TEST(Decode, TextPadding) {
  EXPECT_EQ(ErrorOf({Head(EventType::kTaskName, false, 0, 1), 1, 0x6161}),
            RecordError::kTextPadding);
}

}  // namespace
}  // namespace gordian::trace
