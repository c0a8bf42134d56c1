// What reports say of races.
#ifndef GORDIAN_TESTS_RACES_SHELL_H_
#define GORDIAN_TESTS_RACES_SHELL_H_

#include <algorithm>
#include <string>
#include <vector>

#include "tests/interpose/shell.h"

// The rules of all findings, each once, measures left out.
inline std::vector<std::string> RulesIn(const std::string& report) {
  std::vector<std::string> rules;
  for (const std::string& rule : FindingsIn(report)) {
    if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(rule);
  }
  return rules;
}

#endif  // GORDIAN_TESTS_RACES_SHELL_H_
