// One record: from words to an Event.
//
//   while (begin != end) {
//     trace::Decoded record = trace::Decode(begin, end, event);
//     if (record.error != trace::RecordError::kNone) …   // kIncomplete: feed more
//     begin += record.words;
//   }
//
// Takes every input for hostile: reads nothing past `end` and accepts only what an
// encoder writes, so that words → text → words loses nothing. It knows nothing of
// other records; what needs them (tasks, versions of narrow records) is the reader's.
// Cost: a table look-up and a few branches; allocates nothing. `event.text` points
// into the words.
#ifndef GORDIAN_INSTRUMENT_TRACE_DECODER_H_
#define GORDIAN_INSTRUMENT_TRACE_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "instrument/trace/event.h"
#include "instrument/trace/wire.h"

namespace gordian::trace {

enum class RecordError : std::uint8_t {
  kNone = 0,
  kIncomplete,   // the words end inside the record
  kEndOfStream,  // a zero word: the writer got no further
  kUnknownType,
  kUnknownFlags,
  kNoVersion,   // an Ordered record took version 0
  kNoTask,      // flag `for` with task 0 or a task that needs more than 32 bits
  kBadSubject,  // a subject where there is none, or no object where one is needed
  kTextTooLong,
  kTextPadding,  // the bytes after a text are not zero
};

// A sentence's end: "its text is too long".
std::string_view Describe(RecordError error);

struct Decoded {
  std::uint32_t words = 0;  // how long the record is; 0 with an error
  RecordError error = RecordError::kNone;
  bool wide = false;
};

// What the decoder has to know of each type, in one load.
struct RecordShape {
  Order order = Order::kLocal;
  Subject subject = Subject::kNone;
  std::uint8_t arity = 0;
  bool has_text = false;
};
extern const std::array<RecordShape, 128> kRecordShapes;

// Everything after the head, of records that are not the plain narrow kind.
Decoded DecodeTail(const std::uint64_t* begin, const std::uint64_t* end, RecordShape shape,
                   Event& event);

// Decodes the record at `begin`. Fills in type, flags, subject, site, version, args and text;
// `task` is the one that flag `for` names, else 0. The version of a narrow record is 0.
inline Decoded Decode(const std::uint64_t* begin, const std::uint64_t* end, Event& event) {
  if (begin == end) return {0, RecordError::kIncomplete, false};
  const std::uint64_t head = *begin;
  event.type = TypeOf(head);
  event.flags = 0;
  event.subject = SubjectOf(head);
  event.site = SiteOf(head);
  event.version = 0;
  event.args = {};
  event.text = {};
  event.task = 0;
  const RecordShape shape = kRecordShapes[static_cast<std::size_t>(event.type)];
  const bool plain = !IsWide(head) && shape.arity == 0 && !shape.has_text;
  if (plain && shape.subject == Subject::kObject && event.subject != 0) [[likely]] {
    return {1, RecordError::kNone, false};
  }
  return DecodeTail(begin, end, shape, event);
}

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_DECODER_H_
