// What a pipeline has found, as the part of a report that is about one trace.
#ifndef GORDIAN_TOOLS_TRACE_REPORT_H_
#define GORDIAN_TOOLS_TRACE_REPORT_H_

#include <string>
#include <vector>

#include "detector/pipeline/pipeline.h"
#include "detector/report/allow_list.h"
#include "detector/report/report.h"
#include "detector/symbols/site_table.h"

namespace gordian::tools {

// Fills in the facts that the model knows, and adds to `gaps` what it misses: lost events, an
// end, and leaves out the leaks that `allow` says are on purpose. Takes the pipeline's places,
// resolved where there is something to print.
detector::TraceReport DescribeTrace(detector::Pipeline& pipeline,
                                    std::vector<detector::Finding> findings, std::string file,
                                    std::vector<std::string> gaps, detector::AllowList& allow,
                                    detector::AddressResolver& resolver);

// The same of a program that still runs: what is known so far. Leaves the pipeline its places.
detector::TraceReport DescribePresent(detector::Pipeline& pipeline,
                                      std::vector<detector::Finding> findings,
                                      detector::AddressResolver& resolver);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_TRACE_REPORT_H_
