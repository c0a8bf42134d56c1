// Leaks on purpose: --allow and the option `allow`.
//
//   AllowList allow({"keepalive*", "cache.cc:41"});
//   allow.Remove(findings, sites, name_of_task);
//
// A pattern (`*` stands for anything, `?` for one character) is matched against the task's name,
// the functions that started it, innermost to outermost as far as recorded, and their places:
// `file.cc`, `file.cc:41`, or with the whole path. A finding goes when every task of it matches one
// pattern or another. Only leak.goroutine and leak.thread can be allowed.
//
// Counts what each pattern matched, so that one that has outlived its leak can be seen.
// Locking: none. Cost: patterns times leaked tasks.
#ifndef GORDIAN_DETECTOR_REPORT_ALLOW_LIST_H_
#define GORDIAN_DETECTOR_REPORT_ALLOW_LIST_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "detector/finding/finding.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

class AllowList {
 public:
  AllowList() = default;
  // Each may hold several patterns, separated by commas.
  explicit AllowList(std::span<const std::string> patterns);

  // Whether Remove needs the sites resolved: there are patterns, and leaks.
  bool Concerns(std::span<const Finding> findings) const;

  void Remove(std::vector<Finding>& findings, const SiteTable& sites,
              absl::FunctionRef<std::string(trace::TaskId)> name_of);

  struct Pattern {
    std::string text;
    std::uint64_t tasks = 0;  // that it allowed
  };
  const std::vector<Pattern>& patterns() const { return patterns_; }

 private:
  Pattern* Match(std::string_view name, std::span<const Frame> spawned_at);

  std::vector<Pattern> patterns_;
};

// Whether all of `text` is what `pattern` says.
bool MatchesPattern(std::string_view pattern, std::string_view text);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_ALLOW_LIST_H_
