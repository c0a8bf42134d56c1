// What should be found in each shape, by the meaning of the rules: written before the programs
// were first run, and not after what came out.
#ifndef GORDIAN_TESTS_SHAPES_EXPECTATIONS_H_
#define GORDIAN_TESTS_SHAPES_EXPECTATIONS_H_

#include <span>
#include <string_view>

namespace shapes {

struct Expectation {
  int shape;
  std::string_view name;

  // What must be found when the bug strikes: words `rule=verdict`; each word is one finding,
  // or alternatives joined by '|'.
  std::string_view bug;
  // Names of tasks and objects that the findings must mention, separated by commas.
  std::string_view mentions;
  // What must be found from a run in which it did not strike. "": this trace need not tell;
  // "always": there is no such run.
  std::string_view clean;
  // Rules that may come as well, in either run: other sides of the same bug.
  std::string_view also = "";
};

// In order of their numbers. Of a twin nothing may be said at all, but for measures.
std::span<const Expectation> Expectations();

}  // namespace shapes

#endif  // GORDIAN_TESTS_SHAPES_EXPECTATIONS_H_
