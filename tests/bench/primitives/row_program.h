// The frame of a program that measures primitives: it runs the row that it is asked for once, after
// a tenth of it to warm up, and prints nanoseconds of CPU (of all threads) per operation.
//
// Every side of `tools/bench primitives` is such a program, in the same shape, so that all
// are measured alike: ours, Boost.Fiber's, the standard library's, and in Go.
#ifndef GORDIAN_TESTS_BENCH_PRIMITIVES_ROW_PROGRAM_H_
#define GORDIAN_TESTS_BENCH_PRIMITIVES_ROW_PROGRAM_H_

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <span>
#include <string_view>

namespace gordian::bench {

struct PrimitiveRow {
  std::string_view name;
  int n;  // operations
  void (*run)(int n);
};

inline double CpuNs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Bytes of memory that the process occupies.
inline double ResidentBytes() {
  double total = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> total >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// The exit status of the program; 2 where it has no such row: not every peer has them all.
inline int RunRow(std::span<const PrimitiveRow> rows, std::string_view name) {
  for (const PrimitiveRow& row : rows) {
    if (row.name != name) continue;
    row.run(row.n / 10);
    const double before = CpuNs();
    row.run(row.n);
    std::printf("%g\n", (CpuNs() - before) / row.n);
    return 0;
  }
  return 2;
}

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_PRIMITIVES_ROW_PROGRAM_H_
