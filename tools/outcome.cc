#include "tools/outcome.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/rule_pages.h"

namespace gordian::tools {

absl::StatusOr<FailPolicy> ParseFailOn(std::span<const std::string> values) {
  absl::StatusOr<FailPolicy> policy = FailPolicy::Parse(values);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--fail-on: ", std::string(policy.status().message())));
  }
  for (const auto& [rule, threshold] : policy->rules()) {
    if (FindRulePage(rule) != nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat("--fail-on: there is no rule \"", rule,
                                                   "\"; the nearest is \"",
                                                   std::string(NearestRule(rule)), "\""));
  }
  return policy;
}

int Conclude(detector::Report& report, const FailPolicy& policy, int findings_status) {
  const auto any = [&](auto&& holds) {
    return std::any_of(report.traces.begin(), report.traces.end(), holds);
  };
  const bool fails = any([&](const detector::TraceReport& trace) {
    return std::any_of(trace.findings.begin(), trace.findings.end(),
                       [&](const detector::Finding& finding) { return policy.Fails(finding); });
  });
  const bool incomplete = report.traces.empty() || any([](const detector::TraceReport& trace) {
                            return !trace.facts.complete || trace.facts.events == 0;
                          });
  if (fails) {
    report.outcome = detector::Outcome::kFindings;
    report.exit_status = findings_status;
  } else if (incomplete) {
    report.outcome = detector::Outcome::kInconclusive;
    report.exit_status = kExitInconclusive;
  } else {
    report.outcome = detector::Outcome::kClean;
    report.exit_status = report.program ? report.program->status() : 0;
  }
  return report.exit_status;
}

}  // namespace gordian::tools
