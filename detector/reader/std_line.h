// A line of RAPID's STD format, `tid|op(operand)|loc`, taken apart. See std_format.h.
#ifndef GORDIAN_DETECTOR_READER_STD_LINE_H_
#define GORDIAN_DETECTOR_READER_STD_LINE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gordian::detector {

enum class StdOp : std::uint8_t { kNone, kAcq, kRel, kRead, kWrite, kFork, kJoin, kBegin, kEnd };

inline constexpr std::uint32_t kNoNumber = ~std::uint32_t{0};

// One line, taken apart.
struct StdLine {
  std::string_view tid, operand, location;
  StdOp op = StdOp::kNone;
  std::uint32_t number = kNoNumber;  // the location, where SplitShort() took it apart

  bool IsShort() const { return number != kNoNumber; }
};

// The line without the blanks around it, or its carriage return.
constexpr bool IsMargin(char c) { return c == ' ' || c == '\t' || c == '\r'; }

inline std::string_view WithoutMargins(std::string_view text) {
  while (!text.empty() && IsMargin(text.back())) text.remove_suffix(1);
  while (!text.empty() && IsMargin(text.front())) text.remove_prefix(1);
  return text;
}

inline StdOp OpNamed(std::string_view name) {
  switch (name.size()) {
    case 1:
      return name[0] == 'r' ? StdOp::kRead : name[0] == 'w' ? StdOp::kWrite : StdOp::kNone;
    case 3:
      if (name == "acq") return StdOp::kAcq;
      if (name == "rel") return StdOp::kRel;
      return name == "end" ? StdOp::kEnd : StdOp::kNone;
    case 4:
      if (name == "fork") return StdOp::kFork;
      return name == "join" ? StdOp::kJoin : StdOp::kNone;
    case 5:
      return name == "begin" ? StdOp::kBegin : StdOp::kNone;
    default:
      return StdOp::kNone;
  }
}

// Eight bytes of text as one number, and what is asked of all of them at once. The answers have the
// top bit of each byte for which they hold, exact up to the first such byte.
namespace word {

inline constexpr std::uint64_t kOnes = 0x0101010101010101u, kTops = 0x8080808080808080u;

inline std::uint64_t At(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}
constexpr std::uint64_t Of(std::string_view text) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  return word;
}
constexpr std::uint64_t Is(std::uint64_t word, char c) {
  const std::uint64_t other = word ^ (kOnes * static_cast<unsigned char>(c));
  return (other - kOnes) & ~other & kTops;
}
constexpr std::uint64_t IsNoDigit(std::uint64_t word) {
  const std::uint64_t value = word ^ (kOnes * '0');
  return (((value & ~kTops) + kOnes * (0x80 - 10)) | value) & kTops;
}
constexpr std::size_t First(std::uint64_t answer) {
  return static_cast<std::size_t>(std::countr_zero(answer)) / 8;
}
// The value of the first `digits` bytes, one to eight: pairs, fours, and all.
constexpr std::uint32_t Decimal(std::uint64_t word, std::size_t digits) {
  std::uint64_t value = (word ^ (kOnes * '0')) << (64 - 8 * digits);
  value = ((value * (10 * 256 + 1)) >> 8) & 0x00FF00FF00FF00FFu;
  value = ((value * (100 * 65536 + 1)) >> 16) & 0x0000FFFF0000FFFFu;
  return static_cast<std::uint32_t>((value * (10000 * (std::uint64_t{1} << 32) + 1)) >> 32);
}

}  // namespace word

// Where `c` is first in the bytes; `end` where it is not. The fields are short: eight bytes at a
// time is faster than a call.
inline const char* FindFirst(const char* begin, const char* end, char c) {
  while (end - begin >= 8) {
    const std::uint64_t found = word::Is(word::At(begin), c);
    if (found != 0) return begin + word::First(found);
    begin += 8;
  }
  while (begin != end && *begin != c) ++begin;
  return begin;
}

// Takes a line apart. The bounds are the first and the last bar, and the outermost brackets
// between them, so that operands may hold bars and brackets of their own.
inline bool Split(std::string_view text, StdLine& line) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* const bar = FindFirst(begin, end, '|');
  if (bar == begin || bar == end) return false;
  line.tid = {begin, bar};
  const char* last = end - 1;
  while (*last != '|') --last;
  if (last == bar || last == end - 1) return false;
  line.location = {last + 1, end};
  const char* const open = FindFirst(bar + 1, last, '(');
  if (open == last) {
    // A region may go without a name: "T1|begin|4".
    line.op = OpNamed({bar + 1, last});
    line.operand = {};
    return line.op == StdOp::kBegin || line.op == StdOp::kEnd;
  }
  if (last[-1] != ')') return false;
  line.op = OpNamed({bar + 1, open});
  line.operand = {open + 1, last - 1};
  const bool may_be_empty = line.op == StdOp::kBegin || line.op == StdOp::kEnd;
  return line.op != StdOp::kNone && (may_be_empty || !line.operand.empty());
}

// As many bytes as SplitShort() may look at.
inline constexpr std::size_t kShortLineBytes = 40;

// The same for the lines that most traces have most of: an access or a lock's operation, tid and
// operand of up to seven bytes, the location a number. Returns where the next line begins; nullptr
// where the line is another one, of which Split() has to judge. It may look at kShortLineBytes.
inline const char* SplitShort(const char* text, StdLine& line) {
  const auto first = static_cast<unsigned char>(*text);
  if (first <= ' ' || first == '#' || first >= 0x80) return nullptr;
  const std::uint64_t tid = word::At(text);
  const std::uint64_t tid_end = word::Is(tid, '|') | word::Is(tid, '\n');
  const char* const bar = text + word::First(tid_end);
  if (tid_end == 0 || bar == text || *bar != '|') return nullptr;
  line.tid = {text, bar};

  const bool is_access = bar[2] == '(';
  const std::uint64_t op = word::At(bar + 1) & (is_access ? 0xFFFFu : 0xFFFFFFFFu);
  line.op = op == word::Of("r(")     ? StdOp::kRead
            : op == word::Of("w(")   ? StdOp::kWrite
            : op == word::Of("acq(") ? StdOp::kAcq
            : op == word::Of("rel(") ? StdOp::kRel
                                     : StdOp::kNone;
  if (line.op == StdOp::kNone) return nullptr;

  const char* const begin = bar + (is_access ? 3 : 5);
  const std::uint64_t operand = word::At(begin);
  const std::uint64_t operand_end = word::Is(operand, ')') | word::Is(operand, '\n');
  const char* const close = begin + word::First(operand_end);
  if (operand_end == 0 || close == begin || close[0] != ')' || close[1] != '|') return nullptr;
  line.operand = {begin, close};

  const char* const location = close + 2;
  const std::uint64_t digits = word::At(location);
  const std::uint64_t location_end = word::IsNoDigit(digits);
  const std::size_t count = word::First(location_end);
  if (location_end == 0 || count == 0 || location[count] != '\n') return nullptr;
  line.location = {location, count};
  line.number = word::Decimal(digits, count);
  return location + count + 1;
}

// What is wrong with a line that Split() refuses.
std::string_view WhatIsWrong(std::string_view text, const StdLine& line);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_STD_LINE_H_
