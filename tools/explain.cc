// gordian explain RULE: what a rule means, with a bug, its correct twin and the fix.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/rule_pages.h"

namespace gordian::tools {
namespace {

// The first line of a page's text that is neither empty nor a heading.
std::string Summary(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty() && line.front() != '#') return std::string(line);
  }
  return "";
}

// Those of a family, as "deadlock"; all of them for "".
std::string ListOfRules(std::string_view family) {
  std::size_t widest = 0;
  for (const RulePage& page : RulePages()) widest = std::max(widest, page.rule.size());
  std::string list;
  for (const RulePage& page : RulePages()) {
    const std::string_view rule = page.rule;
    if (!family.empty() && !rule.starts_with(std::string(family) + ".")) continue;
    absl::StrAppend(&list, std::string(page.rule), std::string(widest + 2 - page.rule.size(), ' '),
                    Summary(page.text), "\n");
  }
  return list;
}

class Explain final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option(
        "RULE", rule_,
        "a rule's id, as deadlock.cycle, or a family, as deadlock; without it, all are listed");
  }

  int Run() override {
    std::string text;
    if (const RulePage* page = FindRulePage(rule_)) {
      text = std::string(page->text);
    } else {
      text = ListOfRules(rule_);
    }
    if (text.empty()) {
      return Complain(absl::StrCat("there is no rule \"", rule_, "\"; the nearest is \"",
                                   std::string(NearestRule(rule_)), "\""));
    }
    const absl::Status status = WriteAll(STDOUT_FILENO, text);
    return status.ok() ? 0 : Complain(std::string(status.message()));
  }

 private:
  std::string rule_;
};

}  // namespace

std::unique_ptr<Command> MakeExplain() { return std::make_unique<Explain>(); }

}  // namespace gordian::tools
