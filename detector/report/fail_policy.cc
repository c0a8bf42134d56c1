#include "detector/report/fail_policy.h"

#include "absl/strings/str_cat.h"
#include "detector/report/report.h"

namespace gordian::detector {

absl::Status FailPolicy::Add(std::string_view value) {
  const std::size_t equals = value.find('=');
  const bool general = equals == std::string_view::npos;
  const std::string_view verdict = general ? value : value.substr(equals + 1);
  const Threshold threshold = VerdictNamed(verdict);
  if (!threshold && verdict != "none") {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", std::string(verdict),
        "\" is no verdict; use none, confirmed, predicted, suspected, or RULE=VERDICT"));
  }
  if (general) {
    general_ = threshold;
  } else {
    rules_[std::string(value.substr(0, equals))] = threshold;
  }
  return absl::OkStatus();
}

absl::StatusOr<FailPolicy> FailPolicy::Parse(std::span<const std::string> values) {
  FailPolicy policy;
  for (std::string_view rest : values) {
    while (true) {
      const std::size_t comma = rest.find(',');
      if (absl::Status status = policy.Add(rest.substr(0, comma)); !status.ok()) return status;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return policy;
}

bool FailPolicy::Fails(const Finding& finding) const {
  const auto rule = rules_.find(finding.rule);
  const Threshold threshold = rule == rules_.end() ? general_ : rule->second;
  return threshold && finding.verdict >= *threshold;
}

}  // namespace gordian::detector
