// Findings made by hand, as analyses would fill them in, with the places they speak of.
#ifndef GORDIAN_TESTS_REPORT_SAMPLES_H_
#define GORDIAN_TESTS_REPORT_SAMPLES_H_

#include <string>
#include <string_view>

#include "detector/report/report.h"

namespace gordian::testing {

// Defines site `id` as a source location.
void DefineSite(detector::SiteTable& sites, trace::SiteId id, std::string_view file,
                std::uint32_t line, std::string_view function);

// Two goroutines that transfer between two accounts in opposite directions.
detector::TraceReport BankDeadlock(std::string_view file = "/src/bank.cc",
                                   std::uint32_t first_line = 18);

// A worker that waits for ever on a channel nobody sends to, twelve times.
detector::TraceReport WorkerLeak();

// A report of one trace with the outcome its findings have by default.
detector::Report ReportOf(detector::TraceReport trace);

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_REPORT_SAMPLES_H_
