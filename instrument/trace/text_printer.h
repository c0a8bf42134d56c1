// The text form of a trace, one record a line: see FORMAT.md, "The text form".
//
//   lock 1 s2 v7 for=#3
//
// Lossless: text_parser.h gives the same words back.
#ifndef GORDIAN_INSTRUMENT_TRACE_TEXT_PRINTER_H_
#define GORDIAN_INSTRUMENT_TRACE_TEXT_PRINTER_H_

#include <string>

#include "instrument/trace/event.h"

namespace gordian::trace {

// Appends the line that introduces a stream, with its newline.
void AppendStreamLine(StreamId stream, std::string& out);

// Appends the record's line, with its newline. `event` is as the decoder fills it in.
void AppendRecordLine(const Event& event, bool wide, std::string& out);

// A text as it stands in a line: in quotes, as in JSON. A byte that is no part of a UTF-8
// character becomes a lone surrogate, \udc80 to \udcff, so that every text comes back.
void AppendQuoted(std::string_view text, std::string& out);

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_TEXT_PRINTER_H_
