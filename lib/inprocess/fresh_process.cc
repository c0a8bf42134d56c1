#include "lib/inprocess/fresh_process.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace gordian::inprocess {
namespace {

// Names the file that lists what has been run: "ok NAME" or "failed NAME" a line.
constexpr char kVariable[] = "GORDIAN_TESTS_DONE";

std::vector<std::string> OwnArguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

bool WriteDone(const std::string& path, const std::vector<DoneTest>& done) {
  std::ofstream out(path, std::ios::trunc);
  for (const DoneTest& test : done) out << (test.failed ? "failed " : "ok ") << test.name << '\n';
  return static_cast<bool>(out.flush());
}

}  // namespace

std::vector<DoneTest> DoneEarlier() {
  std::vector<DoneTest> done;
  const char* path = std::getenv(kVariable);
  if (path == nullptr) return done;
  std::ifstream in(path);
  for (std::string state, name; in >> state && std::getline(in >> std::ws, name);) {
    done.push_back({name, state == "failed"});
  }
  std::remove(path);
  unsetenv(kVariable);
  return done;
}

std::string ReplaceProcess(const std::vector<DoneTest>& done) {
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/gordian-tests-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return "cannot make a file in " + path + ": " + std::strerror(errno);
  close(file);
  if (!WriteDone(path, done)) return "cannot write " + path;
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
