// Runs shell commands as a user would, in a folder of their own, and reads the reports.
#ifndef GORDIAN_TESTS_INTERPOSE_SHELL_H_
#define GORDIAN_TESTS_INTERPOSE_SHELL_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("interpose-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

struct Outcome {
  int status = 0;
  std::string out, err;
  std::chrono::steady_clock::duration time{};
};

// $G is `gordian`.
inline Outcome Shell(const std::filesystem::path& folder, const std::string& command) {
  const std::string script = "G='" GORDIAN "'; cd '" + folder.string() + "'; { " + command +
                             "; } > out 2> err < /dev/null";
  const auto start = std::chrono::steady_clock::now();
  const int status = std::system(script.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
          Contents(folder / "out"), Contents(folder / "err"),
          std::chrono::steady_clock::now() - start};
}

// "rule verdict" of every finding, measures left out.
inline std::vector<std::string> FindingsIn(const std::string& report) {
  std::vector<std::string> findings;
  const auto json = nlohmann::json::parse(report, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return {"the report is no JSON"};
  for (const auto& finding : json.value("findings", nlohmann::json::array())) {
    if (finding.value("verdict", "") == "info") continue;
    findings.push_back(finding.value("rule", "") + " " + finding.value("verdict", ""));
  }
  return findings;
}

#endif  // GORDIAN_TESTS_INTERPOSE_SHELL_H_
