// From findings to an exit status: what counts as failing, and what goes before what.
//
//   2  usage or internal error (decided before there is a report)
//   1  (or --exit-code) a finding at or above --fail-on
//   3  inconclusive: nothing of the kind, but a trace is incomplete or empty
//   n  else the program's own status, 128 + signal; 0 where no program was watched
#ifndef GORDIAN_TOOLS_OUTCOME_H_
#define GORDIAN_TOOLS_OUTCOME_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "detector/report/report.h"

namespace gordian::tools {

inline constexpr int kExitFindings = 1;
inline constexpr int kExitInconclusive = 3;

// Which findings fail.
class FailPolicy {
 public:
  FailPolicy() = default;  // `predicted` and above

  // Each value is `none`, a verdict, or `rule=` and one of these for a single rule; values may
  // hold several, separated by commas. The error names the value that makes no sense.
  static absl::StatusOr<FailPolicy> Parse(std::span<const std::string> values);

  bool Fails(const detector::Finding& finding) const;

 private:
  using Threshold = std::optional<detector::Verdict>;  // nothing: never fails

  absl::Status Add(std::string_view value);

  Threshold general_ = detector::Verdict::kPredicted;
  std::map<std::string, Threshold, std::less<>> rules_;
};

// Fills in the report's outcome and exit status, which it also returns.
int Conclude(detector::Report& report, const FailPolicy& policy, int findings_status);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_OUTCOME_H_
