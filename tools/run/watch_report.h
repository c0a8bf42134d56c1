// What was recorded of a process that was watched, as the part of a report that is about it.
#ifndef GORDIAN_TOOLS_RUN_WATCH_REPORT_H_
#define GORDIAN_TOOLS_RUN_WATCH_REPORT_H_

#include <mutex>
#include <string>
#include <vector>

#include "detector/report/allow_list.h"
#include "detector/report/report.h"
#include "detector/symbols/site_table.h"
#include "tools/report_options.h"
#include "tools/run/process_watch.h"

namespace gordian::tools {

// Of a watch that has finished. Names are resolved now, while the program's files are as they were,
// and stored where the trace is kept: `kept_as`, or empty. `gaps`: what only the watcher knows of
// why the trace does not tell everything.
detector::TraceReport ReportOf(ProcessWatch& watch, const std::string& kept_as,
                               std::vector<std::string> gaps, detector::AllowList& allow,
                               detector::AddressResolver& resolver);

// A process that did nothing that is recorded, as between fork and exec.
bool IsIdle(const detector::TraceReport& trace);

// What is deadlocked in a program that runs on. On the watches' own threads, one at a time.
void AnnounceDeadlock(const ReportOptions& options, std::mutex& announcing,
                      detector::Pipeline& pipeline, std::vector<detector::Finding> findings);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_WATCH_REPORT_H_
