// Which findings fail: the value of --fail-on and of the option `fail_on`.
//
//   absl::StatusOr<FailPolicy> policy = FailPolicy::Parse({"confirmed,race.data=none"});
//   if (policy->Fails(finding)) …
#ifndef GORDIAN_DETECTOR_REPORT_FAIL_POLICY_H_
#define GORDIAN_DETECTOR_REPORT_FAIL_POLICY_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "detector/finding/finding.h"

namespace gordian::detector {

class FailPolicy {
 public:
  using Threshold = std::optional<Verdict>;  // nothing: never fails

  FailPolicy() = default;  // `predicted` and above

  // Each value is `none`, a verdict, or `rule=` and one of these for a single rule; values may
  // hold several, separated by commas; later ones count. The error quotes what makes no sense;
  // whether there are such rules is for those to say who know them all.
  static absl::StatusOr<FailPolicy> Parse(std::span<const std::string> values);

  bool Fails(const Finding& finding) const;

  // The rules that have a threshold of their own.
  const std::map<std::string, Threshold, std::less<>>& rules() const { return rules_; }

 private:
  absl::Status Add(std::string_view value);

  Threshold general_ = Verdict::kPredicted;
  std::map<std::string, Threshold, std::less<>> rules_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_FAIL_POLICY_H_
