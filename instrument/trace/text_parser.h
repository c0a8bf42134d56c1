// Reads the text form of a trace, line by line: see FORMAT.md, "The text form".
//
//   TextParser parser;
//   std::vector<std::uint64_t> words;
//   while (std::getline(in, line)) {
//     if (!parser.ParseLine(line, words)) … parser.error() …   // "line 3: no event is …"
//     …words of parser.stream()…
//   }
//
// Every input is taken for hostile; what it accepts, the decoder accepts.
// Locking none. Cost: about 100 ns a line.
#ifndef GORDIAN_INSTRUMENT_TRACE_TEXT_PARSER_H_
#define GORDIAN_INSTRUMENT_TRACE_TEXT_PARSER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "instrument/trace/event.h"

namespace gordian::trace {

class TextParser {
 public:
  // Appends the record of one line (without its newline), if it holds one, to `words`.
  // False where the line is malformed: the parser then stays where it is.
  bool ParseLine(std::string_view line, std::vector<std::uint64_t>& words);

  StreamId stream() const { return stream_; }          // whose record the last line was
  std::uint64_t line() const { return line_; }         // from 1
  const std::string& error() const { return error_; }  // begins with "line 3: "

 private:
  std::uint64_t line_ = 0;
  StreamId stream_ = 0;  // 0: no stream was introduced yet
  std::string error_;
  std::string text_;  // of the record in hand
};

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_TEXT_PARSER_H_
