#include "tools/trace_report.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace gordian::tools {

detector::TraceReport DescribeTrace(detector::Pipeline& pipeline,
                                    std::vector<detector::Finding> findings, std::string file,
                                    std::vector<std::string> gaps,
                                    detector::AddressResolver& resolver) {
  const detector::Model& model = pipeline.model();
  detector::SiteTable& sites = pipeline.sites();
  if (!findings.empty()) sites.Resolve(resolver);
  if (model.losses() > 0) gaps.push_back(absl::StrCat(model.losses(), " events were lost"));
  detector::TraceReport report;
  report.facts.file = std::move(file);
  report.facts.command = sites.command();
  report.facts.complete = gaps.empty();
  report.facts.gaps = std::move(gaps);
  report.facts.events = model.events();
  report.facts.tasks = model.task_count();
  report.facts.objects = model.object_count();
  report.facts.dropped = model.losses();
  if (sites.start_ns() != 0 && model.now() > sites.start_ns()) {
    report.facts.duration_ns = model.now() - sites.start_ns();
  }
  report.findings = std::move(findings);
  report.sites = std::move(sites);
  return report;
}

}  // namespace gordian::tools
