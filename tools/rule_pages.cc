#include "tools/rule_pages.h"

#include <algorithm>
#include <vector>

#include "instrument/recorder/nearest.h"

namespace gordian::tools {

const RulePage* FindRulePage(std::string_view rule) {
  const std::span<const RulePage> pages = RulePages();
  const auto found = std::find_if(pages.begin(), pages.end(),
                                  [&](const RulePage& page) { return page.rule == rule; });
  return found == pages.end() ? nullptr : &*found;
}

std::string_view NearestRule(std::string_view name) {
  std::vector<std::string_view> rules;
  for (const RulePage& page : RulePages()) rules.push_back(page.rule);
  return recorder::Nearest(name, rules);
}

}  // namespace gordian::tools
