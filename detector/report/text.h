// A report for people.
//
// The first line says what is wrong, then comes a picture, then each task's part, then
// why it cannot end by itself, then what to do. Locking: none. Cost: linear in the findings;
// source files are read once each.
#ifndef GORDIAN_DETECTOR_REPORT_TEXT_H_
#define GORDIAN_DETECTOR_REPORT_TEXT_H_

#include <string>

#include "detector/report/report.h"

namespace gordian::detector {

struct TextStyle {
  bool color = false;
  bool unicode = true;  // drawings; names are printed as they are
  bool sources = true;  // show lines of source where they can be read
  int width = 100;      // columns
};

// All findings and a last line that sums up.
std::string ToText(const Report& report, const TextStyle& style);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_TEXT_H_
