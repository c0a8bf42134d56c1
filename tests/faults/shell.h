// Runs shell commands as a user would, in a folder of their own.
#ifndef GORDIAN_TESTS_FAULTS_SHELL_H_
#define GORDIAN_TESTS_FAULTS_SHELL_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gordian::faults {

struct Outcome {
  int status = 0;  // as a shell says it: 128 + signal; 124 where it did not end in time
  std::string out, err;
};

class FaultsTest : public testing::Test {
 protected:
  FaultsTest() { std::filesystem::create_directories(folder_); }
  ~FaultsTest() override { std::filesystem::remove_all(folder_); }

  // $G is `gordian`, $F the programs that the test is about. No command may take longer than 30 s.
  Outcome Shell(const std::string& command) {
    std::ofstream(folder_ / "script") << "G='" GORDIAN "'; F='" PROGRAM "'\n" << command << '\n';
    const std::string run =
        "cd '" + folder_.string() + "' && timeout -s KILL 30 bash script > out 2> err < /dev/null";
    const int status = std::system(run.c_str());
    Outcome outcome;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = Contents("out");
    outcome.err = Contents("err");
    return outcome;
  }

  std::string Contents(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("faults-" + std::to_string(getpid()));
};

}  // namespace gordian::faults

#endif  // GORDIAN_TESTS_FAULTS_SHELL_H_
