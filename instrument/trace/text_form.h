// What the text form's printer and parser share.
#ifndef GORDIAN_INSTRUMENT_TRACE_TEXT_FORM_H_
#define GORDIAN_INSTRUMENT_TRACE_TEXT_FORM_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "instrument/trace/event.h"

namespace gordian::trace {

// Every flag but `for`, which has a value.
inline constexpr std::array<std::pair<Flag, std::string_view>, 6> kFlagWords = {{
    {kFlagTimed, "timed"},
    {kFlagTry, "try"},
    {kFlagSelect, "select"},
    {kFlagRoot, "root"},
    {kFlagPart, "part"},
    {kFlagExact, "exact"},
}};

// A byte outside of UTF-8 is written as this plus the byte: a surrogate that no character has.
inline constexpr unsigned kLoneByte = 0xDC00;

// How many bytes the UTF-8 character at the front of a text has; 0 where there is none.
constexpr std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_TEXT_FORM_H_
