#include "instrument/trace/decoder.h"

#include <algorithm>
#include <limits>
#include <span>

namespace gordian::trace {
namespace {

// How many names a comma-separated list holds.
constexpr std::uint8_t CountNames(std::string_view list) {
  if (list.empty()) return 0;
  return static_cast<std::uint8_t>(1 + std::count(list.begin(), list.end(), ','));
}

constexpr std::array<RecordShape, 128> MakeShapes() {
  std::array<RecordShape, 128> shapes{};
  std::size_t next = 1;
#define GORDIAN_EVENT(name, text_name, order, subject, text, ...)                   \
  shapes[next++] = {Order::k##order, Subject::k##subject, CountNames(#__VA_ARGS__), \
                    std::string_view(#text) == "Text"};
#include "instrument/trace/events.def"
#undef GORDIAN_EVENT
  return shapes;
}

// A cursor that never passes the end of the words.
struct Cursor {
  const std::uint64_t* at;
  const std::uint64_t* end;

  bool Has(std::size_t words) const { return static_cast<std::size_t>(end - at) >= words; }
};

RecordError DecodeExt(Cursor& cursor, RecordShape shape, Event& event) {
  if (!cursor.Has(1)) return RecordError::kIncomplete;
  event.version = VersionOf(*cursor.at);
  event.flags = FlagsOf(*cursor.at);
  ++cursor.at;
  if ((event.flags & ~kKnownFlags) != 0) return RecordError::kUnknownFlags;
  if (shape.order == Order::kOrdered && event.version == 0) return RecordError::kNoVersion;
  if (!event.Has(kFlagFor)) return RecordError::kNone;
  if (!cursor.Has(1)) return RecordError::kIncomplete;
  const std::uint64_t task = *cursor.at++;
  if (task == 0 || task > std::numeric_limits<TaskId>::max()) return RecordError::kNoTask;
  event.task = static_cast<TaskId>(task);
  return RecordError::kNone;
}

RecordError DecodeText(Cursor& cursor, Event& event) {
  if (!cursor.Has(1)) return RecordError::kIncomplete;
  const std::uint64_t bytes = *cursor.at++;
  if (bytes > kMaxTextBytes) return RecordError::kTextTooLong;
  const std::size_t words = (bytes + 7) / 8;
  if (!cursor.Has(words)) return RecordError::kIncomplete;
  event.text = {reinterpret_cast<const char*>(cursor.at), bytes};
  cursor.at += words;
  const std::uint64_t last_bytes = bytes % 8;
  if (last_bytes != 0 && cursor.at[-1] >> (8 * last_bytes) != 0) return RecordError::kTextPadding;
  return RecordError::kNone;
}

RecordError CheckSubject(RecordShape shape, const Event& event) {
  if (shape.subject == Subject::kNone && event.subject != 0) return RecordError::kBadSubject;
  if (shape.order == Order::kOrdered && event.subject == 0) return RecordError::kBadSubject;
  return RecordError::kNone;
}

RecordError DecodeAll(Cursor& cursor, RecordShape shape, bool wide, Event& event) {
  RecordError error = CheckSubject(shape, event);
  if (error == RecordError::kNone && wide) error = DecodeExt(cursor, shape, event);
  if (error != RecordError::kNone) return error;
  if (!cursor.Has(shape.arity)) return RecordError::kIncomplete;
  std::copy_n(cursor.at, shape.arity, event.args.begin());
  cursor.at += shape.arity;
  return shape.has_text ? DecodeText(cursor, event) : RecordError::kNone;
}

}  // namespace

constexpr std::array<RecordShape, 128> kRecordShapes = MakeShapes();

std::string_view Describe(RecordError error) {
  switch (error) {
    case RecordError::kNone:
      return "nothing is wrong";
    case RecordError::kIncomplete:
      return "the words end inside the record";
    case RecordError::kEndOfStream:
      return "a zero word stands where a record should begin";
    case RecordError::kUnknownType:
      return "this version of the reader knows no such event type";
    case RecordError::kUnknownFlags:
      return "it has flags that this reader does not know";
    case RecordError::kNoVersion:
      return "it must take a version of its object, and takes 0";
    case RecordError::kNoTask:
      return "it is on behalf of a task that cannot be";
    case RecordError::kBadSubject:
      return "its subject cannot be";
    case RecordError::kTextTooLong:
      return "its text is longer than 64 KiB";
    case RecordError::kTextPadding:
      return "the bytes that pad its text are not zero";
  }
  return "unknown error";
}

Decoded DecodeTail(const std::uint64_t* begin, const std::uint64_t* end, RecordShape shape,
                   Event& event) {
  const std::uint64_t head = *begin;
  if (head == 0) return {0, RecordError::kEndOfStream, false};
  const auto type = static_cast<std::size_t>(event.type);
  if (type == 0 || type >= kEventTypes) return {0, RecordError::kUnknownType, false};
  const bool wide = IsWide(head);
  Cursor cursor{begin + 1, end};
  const RecordError error = DecodeAll(cursor, shape, wide, event);
  if (error != RecordError::kNone) return {0, error, wide};
  return {static_cast<std::uint32_t>(cursor.at - begin), RecordError::kNone, wide};
}

}  // namespace gordian::trace
