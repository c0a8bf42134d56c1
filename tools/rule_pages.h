// The pages of docs/rules, built into the command: what `explain` prints, and the list of
// the rules that there are.
#ifndef GORDIAN_TOOLS_RULE_PAGES_H_
#define GORDIAN_TOOLS_RULE_PAGES_H_

#include <span>
#include <string_view>

namespace gordian::tools {

struct RulePage {
  std::string_view rule;  // "deadlock.cycle"
  std::string_view text;  // Markdown
};

// All of them, in alphabetical order.
std::span<const RulePage> RulePages();

// nullptr where there is no such rule.
const RulePage* FindRulePage(std::string_view rule);

// The rule whose name is nearest to `name`.
std::string_view NearestRule(std::string_view name);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RULE_PAGES_H_
