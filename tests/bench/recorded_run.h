// Runs a program to its end, recorded or not, and says what all of that took.
#ifndef GORDIAN_TESTS_BENCH_RECORDED_RUN_H_
#define GORDIAN_TESTS_BENCH_RECORDED_RUN_H_

#include <string>

namespace gordian::bench {

enum class Recorder {
  kNone,        // nothing is recorded
  kSupervisor,  // as under `gordian run`: drained and compressed by this process
  kPreloaded,   // the same, of a program that was not built for it
  kItself,      // alone: the program writes its trace
};

struct RunCost {
  double cpu_seconds = 0;  // of the program, and of draining it
  double peak_bytes = 0;   // of the program's memory, as it says itself
};

// A program that fails ends the benchmark.
RunCost RunProgram(const std::string& program, const std::string& argument, Recorder recorder);

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_RECORDED_RUN_H_
