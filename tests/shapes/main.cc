// shapes list          all shapes: number, name, and whether the bug strikes in every run
// shapes N bug         the program of shape N with its bug, made to strike
// shapes N clean       the same under a schedule in which it does not strike
// shapes N twin        the corrected program
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr const Shape* kShapes[] = {
    &kShape01, &kShape02, &kShape03, &kShape04, &kShape05, &kShape06, &kShape07, &kShape08,
    &kShape09, &kShape10, &kShape11, &kShape12, &kShape13, &kShape14, &kShape15, &kShape16,
    &kShape17, &kShape18, &kShape19, &kShape20, &kShape21, &kShape22, &kShape23, &kShape24,
    &kShape25, &kShape26, &kShape27, &kShape28, &kShape29, &kShape30, &kShape31, &kShape32,
    &kShape33, &kShape34, &kShape35, &kShape36, &kShape37, &kShape38, &kShape39, &kShape40,
    &kShape41, &kShape42, &kShape43, &kShape44, &kShape45, &kShape46, &kShape47, &kShape48,
    &kShape49, &kShape50, &kShape51, &kShape52, &kShape53, &kShape54, &kShape55, &kShape56,
    &kShape57, &kShape58, &kShape59, &kShape60, &kShape61, &kShape62, &kShape63,
};

int List() {
  for (const Shape* shape : kShapes) {
    std::printf("%d %s %s\n", shape->number, shape->name.data(),
                shape->strikes == Strikes::kAlways ? "always" : "sometimes");
  }
  return 0;
}

int Usage() {
  std::fputs("usage: shapes list | shapes NUMBER bug|clean|twin\n", stderr);
  return 2;
}

int RunShape(int number, std::string_view mode) {
  for (const Shape* shape : kShapes) {
    if (shape->number != number) continue;
    if (mode == "bug") return shape->run(Mode::kBug), 0;
    if (mode == "twin") return shape->run(Mode::kTwin), 0;
    if (mode == "clean" && shape->strikes == Strikes::kSometimes) {
      return shape->run(Mode::kClean), 0;
    }
  }
  return Usage();
}

}  // namespace
}  // namespace shapes

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("list")) return shapes::List();
  if (argc != 3) return shapes::Usage();
  return shapes::RunShape(std::atoi(argv[1]), argv[2]);
}
