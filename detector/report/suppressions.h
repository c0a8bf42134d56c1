// Findings that the program itself wants left out: `suppress` records of its trace.
//
//   Suppressions suppressions(pipeline.suppressions());     // "race:Deposit", "thread:pool.cc"
//   suppressions.Remove(findings, sites);
//
// A line is KIND:TEMPLATE, as ThreadSanitizer has them: `race` (any frame of the accesses and of
// what allocated the memory, or the variable), `race_top` (an access' own frame), `deadlock`
// (predicted and suspected ones; one that happened is always told), `thread` (leaks, by where they
// were started), `mutex` (misuse of locks), `called_from_lib` (races by calls that a library made).
// A template is found anywhere in a function's name, a file's path or an object file's; `*` is
// anything, `^` and `$` hold it to the beginning and the end. `rule:PATTERN` is ours: the rule's
// whole name.
//
// Counts what each line left out. Locking: none. Cost: lines times frames.
#ifndef GORDIAN_DETECTOR_REPORT_SUPPRESSIONS_H_
#define GORDIAN_DETECTOR_REPORT_SUPPRESSIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/finding/finding.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

class Suppressions {
 public:
  struct Line {
    std::string text;
    std::uint64_t findings = 0;  // that it left out
  };

  // Of no known kind: left out by nobody.
  explicit Suppressions(std::span<const std::string> lines);

  bool empty() const { return lines_.empty(); }
  // `sites` must be resolved.
  void Remove(std::vector<Finding>& findings, const SiteTable& sites);

  const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_SUPPRESSIONS_H_
