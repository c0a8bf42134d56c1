// Traces in their text form, fed to a Reader; the order that comes out, as text.
#ifndef GORDIAN_TESTS_READER_STREAMS_H_
#define GORDIAN_TESTS_READER_STREAMS_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detector/reader/reader.h"
#include "instrument/trace/text_parser.h"
#include "instrument/trace/text_printer.h"

namespace gordian::testing {

using Words = std::vector<std::uint64_t>;
using Piece = std::pair<trace::StreamId, Words>;  // the next words of a stream

// The words between two `@` lines each; a stream may be introduced again.
inline std::vector<Piece> Pieces(std::string_view text) {
  std::vector<Piece> pieces;
  trace::TextParser parser;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    Words words;
    if (!parser.ParseLine(line, words)) ADD_FAILURE() << parser.error() << "\n" << line;
    if (line.starts_with('@')) pieces.emplace_back(parser.stream(), Words{});
    if (!words.empty()) {
      pieces.back().second.insert(pieces.back().second.end(), words.begin(), words.end());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

// Takes events and writes down "TASK line": "#1 lock 1 s2".
class Order {
 public:
  void operator()(const trace::Event& event) {
    EXPECT_EQ(event.seq, lines_.size() + 1);
    std::string line;
    trace::AppendRecordLine(event, false, line);
    line.pop_back();
    lines_.push_back('#' + std::to_string(event.task) + ' ' + line);
  }
  const std::vector<std::string>& lines() const { return lines_; }
  bool empty() const { return lines_.empty(); }

  // Where this line stands, or the end.
  std::size_t IndexOf(std::string_view line) const {
    std::size_t at = 0;
    while (at < lines_.size() && lines_[at] != line) ++at;
    EXPECT_LT(at, lines_.size()) << "no " << line;
    return at;
  }
  bool Precedes(std::string_view first, std::string_view second) const {
    return IndexOf(first) < IndexOf(second);
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_READER_STREAMS_H_
