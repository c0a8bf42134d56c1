// Programs that run one side of one row and print its figure; they lie beside this one.
#ifndef GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_
#define GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gordian::bench {

// A program beside this one.
inline std::string Beside(std::string_view name) {
  std::error_code ignored;
  return (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name).string();
}

inline bool Exists(const std::string& program) { return access(program.c_str(), X_OK) == 0; }

// What `program` prints; nothing where it fails.
inline std::optional<double> TryFigure(const std::string& program, const std::string& arguments) {
  FILE* output = popen(("'" + program + "' " + arguments).c_str(), "r");
  double figure = 0;
  const bool read = output != nullptr && std::fscanf(output, "%lf", &figure) == 1;
  const int status = output != nullptr ? pclose(output) : -1;
  if (!read || status != 0) return std::nullopt;
  return figure;
}

// The same where it must not fail: a row without a figure would look like a good one.
inline double Figure(const std::string& program, const std::string& arguments) {
  if (const std::optional<double> figure = TryFigure(program, arguments)) return *figure;
  std::fprintf(stderr, "benchmark: '%s %s' failed\n", program.c_str(), arguments.c_str());
  std::exit(2);
}

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_SIDE_PROGRAM_H_
