#include "detector/reader/std_line.h"

namespace gordian::detector {

std::string_view WhatIsWrong(std::string_view text, const StdLine& line) {
  const std::size_t first = text.find('|');
  if (first == std::string_view::npos) return "there is no `|`: a line is tid|op(operand)|loc";
  const std::size_t last = text.rfind('|');
  if (last == first) return "there is only one `|`: a line is tid|op(operand)|loc";
  const std::string_view middle = text.substr(first + 1, last - first - 1);
  if (first == 0) return "the tid is missing";
  if (last + 1 == text.size()) return "the location is missing";
  if (middle.find('(') == std::string_view::npos || middle.back() != ')') {
    return "the operation is not op(operand)";
  }
  if (line.op == StdOp::kNone) {
    return "the operation is none of acq, rel, r, w, fork, join, begin, end";
  }
  return "the operand is missing";
}

}  // namespace gordian::detector
