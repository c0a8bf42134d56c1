// Runs one of the programs, by its name.
#include <cstdio>

#include "tests/races/programs.h"

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  for (const std::span<const Program> programs : {MemoryPrograms(), OrderPrograms()}) {
    for (const Program& program : programs) {
      if (program.name != wanted) continue;
      program.run();
      std::puts("done");
      return 0;
    }
  }
  return 98;
}
