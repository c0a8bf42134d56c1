// Programs that run one side of one row and print its figure; they lie beside this one.
#ifndef GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_
#define GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace gordian::bench {

// A program beside this one.
inline std::string Beside(std::string_view name) {
  std::error_code ignored;
  return (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name).string();
}

inline bool Exists(const std::string& program) { return access(program.c_str(), X_OK) == 0; }

// What `program` prints; below 0 where there is no such figure.
inline double Figure(const std::string& program, const std::string& arguments) {
  FILE* output = popen(("'" + program + "' " + arguments).c_str(), "r");
  double figure = -1;
  const bool read = output != nullptr && std::fscanf(output, "%lf", &figure) == 1;
  const int status = output != nullptr ? pclose(output) : -1;
  return read && status == 0 ? figure : -1;
}

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_
