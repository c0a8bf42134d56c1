#include "tools/run/watch_report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "detector/symbols/symbolizer.h"
#include "tools/trace_report.h"

namespace gordian::tools {

detector::TraceReport ReportOf(ProcessWatch& watch, const std::string& kept_as,
                               std::vector<std::string> gaps, detector::AllowList& allow,
                               detector::AddressResolver& resolver) {
  detector::Pipeline& pipeline = watch.pipeline();
  std::vector<std::uint64_t> names;
  if (!kept_as.empty()) {
    pipeline.sites().Resolve(resolver);
    names = pipeline.sites().ResolvedRecords();
    std::ranges::copy(pipeline.object_names(), std::back_inserter(names));
  }
  watch.process().Close(names);
  return DescribeTrace(pipeline, std::move(watch.findings()), kept_as, std::move(gaps), allow,
                       resolver);
}

bool IsIdle(const detector::TraceReport& trace) {
  return trace.facts.tasks == 0 && trace.facts.complete;
}

void AnnounceDeadlock(const ReportOptions& options, std::mutex& announcing,
                      detector::Pipeline& pipeline, std::vector<detector::Finding> findings) {
  detector::Symbolizer symbolizer;
  detector::Report report;
  report.traces.push_back(DescribePresent(pipeline, std::move(findings), symbolizer));
  const std::lock_guard lock(announcing);
  options.Announce("gordian: the program runs on, but some of its tasks can never go on:", report,
                   STDERR_FILENO);
}

}  // namespace gordian::tools
