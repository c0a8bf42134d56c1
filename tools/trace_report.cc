#include "tools/trace_report.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace gordian::tools {

namespace {

detector::TraceFacts FactsOf(detector::Pipeline& pipeline) {
  const detector::Model& model = pipeline.model();
  const detector::SiteTable& sites = pipeline.sites();
  detector::TraceFacts facts;
  facts.command = sites.command();
  facts.events = model.events();
  facts.tasks = model.task_count();
  facts.objects = model.object_count();
  facts.dropped = model.losses();
  if (sites.start_ns() != 0 && model.now() > sites.start_ns()) {
    facts.duration_ns = model.now() - sites.start_ns();
  }
  return facts;
}

}  // namespace

detector::TraceReport DescribeTrace(detector::Pipeline& pipeline,
                                    std::vector<detector::Finding> findings, std::string file,
                                    std::vector<std::string> gaps, detector::AllowList& allow,
                                    detector::AddressResolver& resolver) {
  if (!findings.empty()) pipeline.sites().Resolve(resolver);
  allow.Remove(findings, pipeline.sites(),
               [&](trace::TaskId task) { return pipeline.model().TaskName(task); });
  detector::Suppressions suppressions(pipeline.suppressions());
  suppressions.Remove(findings, pipeline.sites());
  detector::TraceReport report;
  report.facts = FactsOf(pipeline);
  report.suppressed = suppressions.lines();
  if (report.facts.dropped > 0) {
    gaps.push_back(absl::StrCat(report.facts.dropped, " events were lost"));
  }
  report.facts.file = std::move(file);
  report.facts.complete = gaps.empty();
  report.facts.gaps = std::move(gaps);
  report.findings = std::move(findings);
  report.sites = std::move(pipeline.sites());
  return report;
}

detector::TraceReport DescribePresent(detector::Pipeline& pipeline,
                                      std::vector<detector::Finding> findings,
                                      detector::AddressResolver& resolver) {
  pipeline.sites().Resolve(resolver);
  return {.facts = FactsOf(pipeline), .findings = std::move(findings), .sites = pipeline.sites()};
}

}  // namespace gordian::tools
