#include "detector/report/allow_list.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gordian::detector {
namespace {

bool CanBeAllowed(const Finding& finding) {
  return (finding.rule == "leak.goroutine" || finding.rule == "leak.thread") &&
         !finding.tasks.empty();
}

bool MatchesFrame(std::string_view pattern, const Frame& frame) {
  const std::string_view base = BaseName(frame.file);
  const std::string line = absl::StrCat(":", frame.line);
  return MatchesPattern(pattern, FunctionName(frame.function)) ||
         MatchesPattern(pattern, frame.file) || MatchesPattern(pattern, base) ||
         MatchesPattern(pattern, absl::StrCat(frame.file, line)) ||
         MatchesPattern(pattern, absl::StrCat(std::string(base), line));
}

}  // namespace

// The last `*` is the only one that ever needs to take more.
bool MatchesPattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

AllowList::AllowList(std::span<const std::string> patterns) {
  for (const std::string& several : patterns) {
    const std::vector<std::string> ones = absl::StrSplit(several, ',', absl::SkipWhitespace());
    for (const std::string& one : ones) {
      patterns_.push_back({std::string(absl::StripAsciiWhitespace(one))});
    }
  }
}

bool AllowList::Concerns(std::span<const Finding> findings) const {
  return !patterns_.empty() && std::any_of(findings.begin(), findings.end(), CanBeAllowed);
}

AllowList::Pattern* AllowList::Match(std::string_view name, std::span<const Frame> spawned_at) {
  const auto found = std::find_if(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
    return MatchesPattern(pattern.text, name) ||
           std::any_of(spawned_at.begin(), spawned_at.end(),
                       [&](const Frame& frame) { return MatchesFrame(pattern.text, frame); });
  });
  return found == patterns_.end() ? nullptr : &*found;
}

void AllowList::Remove(std::vector<Finding>& findings, const SiteTable& sites,
                       absl::FunctionRef<std::string(trace::TaskId)> name_of) {
  if (!Concerns(findings)) return;
  std::erase_if(findings, [&](const Finding& finding) {
    if (!CanBeAllowed(finding)) return false;
    // Tasks of one leak were started at one place.
    const std::span<const Frame> spawned_at = sites.Frames(finding.tasks.front().spawned_at);
    std::vector<Pattern*> matched;
    for (const trace::TaskId task : finding.explains) {
      Pattern* const pattern = Match(name_of(task), spawned_at);
      if (pattern == nullptr) return false;
      matched.push_back(pattern);
    }
    for (Pattern* pattern : matched) ++pattern->tasks;
    return true;
  });
}

}  // namespace gordian::detector
