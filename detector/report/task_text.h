// Each task's part in a finding, as lines of text:
//
//     Goroutine 3 "alice→bob", started at bank_test.cc:41
//       holds  accounts[0].mu   since Transfer()  bank.cc:18
//       waits  accounts[1].mu   at    Transfer()  bank.cc:19      (for 1.0 s)
//             17 │ void Transfer(Account& from, Account& to, Cents amount) {
//             18 │   from.mu.Lock();
//           ▶ 19 │   to.mu.Lock();
#ifndef GORDIAN_DETECTOR_REPORT_TASK_TEXT_H_
#define GORDIAN_DETECTOR_REPORT_TASK_TEXT_H_

#include <string>

#include "detector/finding/finding.h"
#include "detector/report/text.h"
#include "detector/report/wording.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

// The parts of all tasks, columns aligned, each line ended; "" where there are none.
std::string TasksText(const Finding& finding, const SiteTable& sites, const FileNames& files,
                      const TextStyle& style);

// "Transfer()  bank.cc:18", or "" for an unknown site.
std::string SiteText(const SiteTable& sites, trace::SiteId site, const FileNames& files);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_TASK_TEXT_H_
