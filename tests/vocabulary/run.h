// A program under the real `gordian run`: what it printed, how it ended, and what was found.
#ifndef GORDIAN_TESTS_VOCABULARY_RUN_H_
#define GORDIAN_TESTS_VOCABULARY_RUN_H_

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vocabulary {

struct Outcome {
  int status = 0;
  std::string out, err;
  std::string report;                 // as JSON
  std::vector<std::string> findings;  // "rule verdict", measures left out
};

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

// `command` is a program with its arguments.
inline Outcome RunRecorded(const std::string& command) {
  std::string folder = (std::filesystem::temp_directory_path() / "vocabulary-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return {-1, "", "no folder", "", {}};
  const std::string script = "cd '" + folder +
                             "'; '" GORDIAN "' run --timeout=30s --format=json -o report -- " +
                             command + " > out 2> err < /dev/null";
  const int status = std::system(script.c_str());
  const std::filesystem::path path(folder);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
                  Contents(path / "out"),
                  Contents(path / "err"),
                  Contents(path / "report"),
                  {}};
  outcome.findings = FindingsIn(outcome.report);
  std::filesystem::remove_all(path);
  return outcome;
}

}  // namespace vocabulary

#endif  // GORDIAN_TESTS_VOCABULARY_RUN_H_
