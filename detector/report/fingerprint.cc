#include "detector/report/fingerprint.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace gordian::detector {
namespace {

constexpr char kSeparator = '\0';

bool IsKindOfTask(std::string_view word) {
  static constexpr std::array<std::string_view, 5> kTasks = {"goroutine", "thread", "timer",
                                                             "fiber", "task"};
  return std::find(kTasks.begin(), kTasks.end(), word) != kTasks.end();
}

// "mutex 4" and "goroutine 7" are numbered by the run; "shard 4" is the program's own name.
std::string_view WithoutRunNumber(std::string_view name) {
  const std::size_t space = name.rfind(' ');
  if (space == std::string_view::npos || space + 1 == name.size()) return name;
  const std::string_view number = name.substr(space + 1);
  if (!std::all_of(number.begin(), number.end(), absl::ascii_isdigit)) return name;
  const std::string_view word = name.substr(0, space);
  return trace::ObjectKindNamed(word) || IsKindOfTask(word) ? word : name;
}

}  // namespace

// Sites are numbered by the run, and so is their order.
std::string FunctionsOf(const Finding& finding, const SiteTable& sites) {
  std::vector<std::string> functions;
  for (trace::SiteId site : finding.identity_sites) {
    std::string& function = functions.emplace_back();
    if (const Frame* frame = sites.Shown(site)) {
      function = FunctionName(frame->function);
      (function += '@') += BaseName(frame->file);
    }
  }
  std::sort(functions.begin(), functions.end());
  std::string all;
  for (const std::string& function : functions) (all += kSeparator) += function;
  return all;
}

std::string Fingerprint(const Finding& finding, const SiteTable& sites) {
  std::string key = finding.rule;
  for (const std::string& part : finding.identity) {
    key += kSeparator;
    key += WithoutRunNumber(part);
  }
  key += FunctionsOf(finding, sites);
  return absl::StrFormat("%08x",
                         static_cast<std::uint32_t>(XXH3_64bits(key.data(), key.size()) >> 32));
}

}  // namespace gordian::detector
