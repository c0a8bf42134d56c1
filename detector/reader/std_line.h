// A line of RAPID's STD format, `tid|op(operand)|loc`, taken apart. See std_format.h.
#ifndef GORDIAN_DETECTOR_READER_STD_LINE_H_
#define GORDIAN_DETECTOR_READER_STD_LINE_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gordian::detector {

enum class StdOp : std::uint8_t { kNone, kAcq, kRel, kRead, kWrite, kFork, kJoin, kBegin, kEnd };

// One line, taken apart.
struct StdLine {
  std::string_view tid, operand, location;
  StdOp op = StdOp::kNone;
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

// Where `c` is first in the bytes; `end` where it is not. The fields are short: eight bytes at a
// time is faster than a call.
inline const char* FindFirst(const char* begin, const char* end, char c) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u, kTops = 0x8080808080808080u;
  while (end - begin >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, begin, sizeof word);
    word ^= kOnes * static_cast<unsigned char>(c);
    const std::uint64_t found = (word - kOnes) & ~word & kTops;
    if (found != 0) return begin + std::countr_zero(found) / 8;
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

// What is wrong with a line that Split() refuses.
std::string_view WhatIsWrong(std::string_view text, const StdLine& line);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_STD_LINE_H_
