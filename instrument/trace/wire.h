// The words of one record: how an event lies in a thread's buffer and in a trace.
//
// A stream is a sequence of little-endian 64-bit words. A record begins with
//
//     head:  type:7 │ wide:1 │ site:24 │ subject:32
//
// and, when `wide` is set, goes on with
//
//     ext:   version:48 │ flags:16
//     for:   the task this event belongs to          (only with kFlagFor)
//
// then the operands, one word each, then, for events with text, its length in
// bytes and the bytes, padded with zeros to a whole word.
//
// A narrow Ordered record has no version of its own: its object's previous
// version was taken by this same stream, so it is that version plus one. That is
// what makes an uncontended lock and its unlock one word each.
#ifndef GORDIAN_INSTRUMENT_TRACE_WIRE_H_
#define GORDIAN_INSTRUMENT_TRACE_WIRE_H_

#include <cstdint>

#include "instrument/trace/event.h"

namespace gordian::trace {

inline constexpr std::uint64_t kWideBit = 1u << 7;
inline constexpr unsigned kSiteShift = 8;
inline constexpr unsigned kSubjectShift = 32;
inline constexpr unsigned kFlagsShift = 48;

// The longest record: head, ext, for, four operands, text length, text.
inline constexpr std::size_t kMaxTextBytes = 1u << 16;
inline constexpr std::size_t kMaxRecordWords = 8 + kMaxTextBytes / 8;
// The longest record without text.
inline constexpr std::size_t kMaxPlainWords = 7;

static_assert(kEventTypes <= 128, "the type has seven bits on the wire");

constexpr std::uint64_t Head(EventType type, bool wide, SiteId site, std::uint32_t subject) {
  return static_cast<std::uint64_t>(type) | (wide ? kWideBit : 0) |
         (static_cast<std::uint64_t>(site) << kSiteShift) |
         (static_cast<std::uint64_t>(subject) << kSubjectShift);
}

constexpr std::uint64_t Ext(Version version, std::uint16_t flags) {
  return (version & kMaxVersion) | (static_cast<std::uint64_t>(flags) << kFlagsShift);
}

constexpr EventType TypeOf(std::uint64_t head) { return static_cast<EventType>(head & 0x7F); }
constexpr bool IsWide(std::uint64_t head) { return (head & kWideBit) != 0; }
constexpr SiteId SiteOf(std::uint64_t head) {
  return static_cast<SiteId>((head >> kSiteShift) & kMaxSite);
}
constexpr std::uint32_t SubjectOf(std::uint64_t head) {
  return static_cast<std::uint32_t>(head >> kSubjectShift);
}
constexpr Version VersionOf(std::uint64_t ext) { return ext & kMaxVersion; }
constexpr std::uint16_t FlagsOf(std::uint64_t ext) {
  return static_cast<std::uint16_t>(ext >> kFlagsShift);
}

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_WIRE_H_
