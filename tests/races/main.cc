// Runs one of the programs, by its name.
#include "tests/races/programs.h"

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  for (const auto& programs : {MemoryPrograms(), OrderPrograms(), SystemPrograms(), FiberPrograms(),
                               AnnotationPrograms()}) {
    const int status = RunProgram(programs, wanted);
    if (status != kNoSuchProgram) return status;
  }
  return kNoSuchProgram;
}
