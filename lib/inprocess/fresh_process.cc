#include "lib/inprocess/fresh_process.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace gordian::inprocess {
namespace {

// Names the file. A line each: "select NAME", "ok NAME", "failed NAME", "failed-before NAME",
// "rounds N"; then "results", and behind it everything is the document.
constexpr char kVariable[] = "GORDIAN_TESTS_DONE";

std::vector<std::string> OwnArguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

bool WriteRuns(const std::string& path, const EarlierRuns& runs) {
  std::ofstream out(path, std::ios::trunc | std::ios::binary);
  for (const std::string& name : runs.selected) out << "select " << name << '\n';
  for (const DoneTest& test : runs.tests) {
    out << (test.failed ? "failed " : "ok ") << test.name << '\n';
  }
  for (const std::string& name : runs.failed) out << "failed-before " << name << '\n';
  out << "rounds " << runs.rounds << "\nresults\n" << runs.results;
  return static_cast<bool>(out.flush());
}

}  // namespace

std::optional<EarlierRuns> TakeEarlierRuns() {
  const char* path = std::getenv(kVariable);
  if (path == nullptr) return std::nullopt;
  EarlierRuns runs;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && line != "results";) {
    const std::string what = line.substr(0, line.find(' '));
    const std::string value = line.substr(std::min(what.size() + 1, line.size()));
    if (what == "select") runs.selected.push_back(value);
    if (what == "ok" || what == "failed") runs.tests.push_back({value, what == "failed"});
    if (what == "failed-before") runs.failed.push_back(value);
    if (what == "rounds") runs.rounds = std::atoi(value.c_str());
  }
  runs.results.assign(std::istreambuf_iterator<char>(in), {});
  std::remove(path);
  unsetenv(kVariable);
  return runs;
}

std::string ReplaceProcess(const EarlierRuns& runs) {
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/gordian-tests-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return "cannot make a file in " + path + ": " + std::strerror(errno);
  close(file);
  if (!WriteRuns(path, runs)) return "cannot write " + path;
  setenv(kVariable, path.c_str(), 1);

  std::vector<std::string> arguments = OwnArguments();
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  const std::string why = std::strerror(errno);
  std::remove(path.c_str());
  return "cannot start this program again: " + why;
}

}  // namespace gordian::inprocess
