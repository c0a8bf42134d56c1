// Runs a test program linked with gordian::gtest_main, and keeps what it says.
#ifndef GORDIAN_TESTS_INPROCESS_RUN_TESTS_H_
#define GORDIAN_TESTS_INPROCESS_RUN_TESTS_H_

#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

struct Outcome {
  int status = -1;
  std::string output;  // both streams
  double seconds = 0;
};

inline Outcome RunTests(const std::string& program, const std::string& filter,
                        const std::string& options = "") {
  const std::string command = "GORDIAN_OPTIONS='" + options + "' timeout 60 " + program +
                              " --gtest_color=no --gtest_filter='" + filter + "' 2>&1";
  Outcome outcome;
  const auto begin = std::chrono::steady_clock::now();
  std::FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    outcome.output.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

inline std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

#endif  // GORDIAN_TESTS_INPROCESS_RUN_TESTS_H_
