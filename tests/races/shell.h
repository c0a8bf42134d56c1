// Commands run by a shell in a folder of their own, and what reports say.
#ifndef GORDIAN_TESTS_RACES_SHELL_H_
#define GORDIAN_TESTS_RACES_SHELL_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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
      : path_(std::filesystem::path(testing::TempDir()) / ("races-" + std::to_string(getpid()))) {
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
};

inline Outcome Shell(const std::filesystem::path& folder, const std::string& command) {
  const std::string script =
      "cd '" + folder.string() + "'; { " + command + "; } > out 2> err < /dev/null";
  const int status = std::system(script.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
          Contents(folder / "out"), Contents(folder / "err")};
}

// The rules of all findings, each once, measures left out.
inline std::vector<std::string> RulesIn(const std::string& report) {
  std::vector<std::string> rules;
  const auto json = nlohmann::json::parse(report, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return {"the report is no JSON: " + report};
  for (const auto& finding : json.value("findings", nlohmann::json::array())) {
    if (finding.value("verdict", "") == "info") continue;
    const std::string rule = finding.value("rule", "") + " " + finding.value("verdict", "");
    if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
  }
  return rules;
}

#endif  // GORDIAN_TESTS_RACES_SHELL_H_
