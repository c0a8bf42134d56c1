// What makes two findings the same bug, across runs, machines and line shifts.
//
// The hash covers the rule, the finding's own identity (names, kinds, operations) and, of its
// identity sites, function and base name of the file: never lines, addresses, folders or the
// numbers that a run gives to what has no name.
#ifndef GORDIAN_DETECTOR_REPORT_FINGERPRINT_H_
#define GORDIAN_DETECTOR_REPORT_FINGERPRINT_H_

#include <string>

#include "detector/finding/finding.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

// The functions that a finding's identity names, as one key.
std::string FunctionsOf(const Finding& finding, const SiteTable& sites);

// Eight hexadecimal digits.
std::string Fingerprint(const Finding& finding, const SiteTable& sites);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_FINGERPRINT_H_
