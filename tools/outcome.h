// From findings to an exit status: what counts as failing, and what goes before what.
//
//   2  usage or internal error (decided before there is a report)
//   1  (or --exit-code) a finding at or above --fail-on
//   3  inconclusive: nothing of the kind, but a trace is incomplete or empty
//   n  else the program's own status, 128 + signal; 0 where no program was watched
#ifndef GORDIAN_TOOLS_OUTCOME_H_
#define GORDIAN_TOOLS_OUTCOME_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "detector/report/fail_policy.h"
#include "detector/report/report.h"

namespace gordian::tools {

inline constexpr int kExitFindings = 1;
inline constexpr int kExitInconclusive = 3;

using detector::FailPolicy;

// The values of --fail-on; the error names the one that makes no sense, or the nearest rule.
absl::StatusOr<FailPolicy> ParseFailOn(std::span<const std::string> values);

// Fills in the report's outcome and exit status, which it also returns.
int Conclude(detector::Report& report, const FailPolicy& policy, int findings_status);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_OUTCOME_H_
