// A report for programs: one document with stable keys, described in docs/json.md.
#ifndef GORDIAN_DETECTOR_REPORT_JSON_H_
#define GORDIAN_DETECTOR_REPORT_JSON_H_

#include <string>

#include "detector/report/report.h"

namespace gordian::detector {

// The document, indented, with a newline at its end. Bytes that are no UTF-8 are replaced.
std::string ToJson(const Report& report);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_JSON_H_
