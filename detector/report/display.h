// Text as a terminal shows it: columns, not bytes.
//
// Names come from the recorded program and may hold anything: what could move the cursor,
// reverse the line or is no UTF-8 is escaped before it is printed.
#ifndef GORDIAN_DETECTOR_REPORT_DISPLAY_H_
#define GORDIAN_DETECTOR_REPORT_DISPLAY_H_

#include <string>
#include <string_view>
#include <vector>

namespace gordian::detector {

// Columns that `text` takes: two for East Asian wide characters and emoji, none for combining ones.
int DisplayWidth(std::string_view text);

// `text` with control characters, bidirectional overrides and invalid bytes escaped.
std::string Printable(std::string_view text);

// `text`, filled with spaces up to `width` columns.
std::string Padded(std::string_view text, int width);

// `text`, cut to `width` columns with an ellipsis where it is longer.
std::string Shortened(std::string_view text, int width);

// Lines of at most `width` columns, broken at spaces; a longer word has a line of its own.
std::vector<std::string> Wrapped(std::string_view text, int width);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_DISPLAY_H_
