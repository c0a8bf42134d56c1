// Every pattern at work, to be stopped at any step: each recipe builds it, receives `steps` values
// from it, and returns. What it started must then end with `until` alone.
#ifndef GORDIAN_TESTS_PATTERNS_RECIPES_H_
#define GORDIAN_TESTS_PATTERNS_RECIPES_H_

#include <span>
#include <string_view>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

namespace patterns {

struct Recipe {
  std::string_view name;
  void (*run)(const gordian::Until& until, int steps);
};

std::span<const Recipe> Recipes();

// Builds and stops it after each number of steps below `most`, by a Context and by a done channel.
void StopAtEveryStep(const Recipe& recipe, int most);

}  // namespace patterns

#endif  // GORDIAN_TESTS_PATTERNS_RECIPES_H_
