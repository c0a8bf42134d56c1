// Runs one of the programs, by its name.
#include "tests/races/programs.h"

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  const int status = RunProgram(MemoryPrograms(), wanted);
  return status != kNoSuchProgram ? status : RunProgram(OrderPrograms(), wanted);
}
