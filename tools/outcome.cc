#include "tools/outcome.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/rule_pages.h"

namespace gordian::tools {

using detector::Verdict;

absl::Status FailPolicy::Add(std::string_view value) {
  const std::size_t equals = value.find('=');
  const std::string_view verdict =
      equals == std::string_view::npos ? value : value.substr(equals + 1);
  const Threshold threshold = detector::VerdictNamed(verdict);
  if (!threshold && verdict != "none") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--fail-on: \"", std::string(verdict),
        "\" is no verdict; use none, confirmed, predicted, suspected, or RULE=VERDICT"));
  }
  if (equals == std::string_view::npos) {
    general_ = threshold;
    return absl::OkStatus();
  }
  const std::string_view rule = value.substr(0, equals);
  if (FindRulePage(rule) == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("--fail-on: there is no rule \"",
                                                   std::string(rule), "\"; the nearest is \"",
                                                   std::string(NearestRule(rule)), "\""));
  }
  rules_[std::string(rule)] = threshold;
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

bool FailPolicy::Fails(const detector::Finding& finding) const {
  const auto rule = rules_.find(finding.rule);
  const Threshold threshold = rule == rules_.end() ? general_ : rule->second;
  return threshold && finding.verdict >= *threshold;
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
