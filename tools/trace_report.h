// What a pipeline has found, as the part of a report that is about one trace.
#ifndef GORDIAN_TOOLS_TRACE_REPORT_H_
#define GORDIAN_TOOLS_TRACE_REPORT_H_

#include <string>
#include <vector>

#include "detector/pipeline/pipeline.h"
#include "detector/report/report.h"
#include "detector/symbols/site_table.h"

namespace gordian::tools {

// Fills in the facts that the model knows, and adds to `gaps` what it misses: lost events, an
// end. Takes the pipeline's places, resolved where there is something to print.
detector::TraceReport DescribeTrace(detector::Pipeline& pipeline,
                                    std::vector<detector::Finding> findings, std::string file,
                                    std::vector<std::string> gaps,
                                    detector::AddressResolver& resolver);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_TRACE_REPORT_H_
