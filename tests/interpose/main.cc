// plain NAME: runs the program of that name, and says that it came to its end.
#include <cstdio>

#include "tests/interpose/plain.h"

int main(int argc, char** argv) {
  for (const auto& programs :
       {LockPrograms(), ConditionPrograms(), ThreadPrograms(), OtherPrograms(), FutexPrograms(),
        StandardPrograms(), EndPrograms(), StraitPrograms(), ImagePrograms(), ProgressPrograms()}) {
    for (const Plain& program : programs) {
      if (argc < 2 || program.name != argv[1]) continue;
      program.run();
      std::puts("done");
      return 0;
    }
  }
  return 98;
}
