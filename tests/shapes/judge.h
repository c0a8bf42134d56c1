// Holds a run's findings against what is expected of it.
#ifndef GORDIAN_TESTS_SHAPES_JUDGE_H_
#define GORDIAN_TESTS_SHAPES_JUDGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/shapes/expectations.h"
#include "tests/shapes/run.h"

namespace shapes {

struct Judgement {
  std::vector<std::string> missing;     // expected words that nothing answers to
  std::vector<std::string> unexpected;  // findings that nothing allows
};

// `expected` as in Expectation::bug; `allowed` is a list of rules.
Judgement Judge(const Outcome& outcome, std::string_view expected, std::string_view allowed);

// The names that the report does not mention.
std::vector<std::string> Unmentioned(const Outcome& outcome, std::string_view mentions);

// The rules of an expectation, without verdicts and alternatives.
std::string RulesOf(std::string_view expected);

// One row of docs/bug-shapes.md.
std::string TableRow(const Expectation& expectation, const Outcome& bug, const Outcome* clean,
                     const Outcome& twin);

// What stands above the rows.
std::string_view TableHead();

}  // namespace shapes

#endif  // GORDIAN_TESTS_SHAPES_JUDGE_H_
