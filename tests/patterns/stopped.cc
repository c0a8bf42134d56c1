// patterns_stopped: every pattern stopped at every step. Its main goroutine waits for nobody.
#include <cstdio>

#include "tests/patterns/recipes.h"

int main() {
  for (const patterns::Recipe& recipe : patterns::Recipes()) {
    patterns::StopAtEveryStep(recipe, 9);
  }
  std::puts("done");
}
