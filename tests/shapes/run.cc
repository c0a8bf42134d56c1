#include "tests/shapes/run.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace shapes {
namespace {

std::string Contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

void ReadReport(Outcome& outcome) {
  const nlohmann::json json = nlohmann::json::parse(outcome.report, nullptr, false);
  if (!json.is_object() || !json.contains("trace") || !json.contains("findings")) return;
  outcome.is_json = true;
  outcome.complete = json["trace"].value("complete", false);
  for (const nlohmann::json& finding : json["findings"]) {
    const Found found{finding.value("rule", ""), finding.value("verdict", "")};
    if (found.verdict != "info") outcome.findings.push_back(found);
  }
}

}  // namespace

Outcome RunShape(int shape, const std::string& mode) {
  namespace fs = std::filesystem;
  const fs::path base = fs::path(SHAPES_OUTPUT) / ("shape_" + std::to_string(shape) + "_" + mode);
  const fs::path report = base.string() + ".json";
  const fs::path stderr_file = base.string() + ".stderr";
  fs::create_directories(base.parent_path());
  fs::remove(report);
  const std::string command =
      "timeout --kill-after=5 60 " GORDIAN_COMMAND " run --format=json -o '" + report.string() +
      "' -- " SHAPES_PROGRAM " " + std::to_string(shape) + " " + mode +
      " </dev/null >/dev/null 2>'" + stderr_file.string() + "'";
  const int status = std::system(command.c_str());
  Outcome outcome;
  outcome.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.report = Contents(report);
  outcome.diagnostics = Contents(stderr_file);
  ReadReport(outcome);
  return outcome;
}

}  // namespace shapes
