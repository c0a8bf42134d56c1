// Goroutines stand still while the program ends: what they use may be destroyed, and whoever waits
// for them in a destructor still gets what it waits for. Each way many times: what goes wrong here
// goes wrong by chance.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct Ended {
  int status;
  std::string output;
};

Ended Run(const std::string& way) {
  const std::string command = "timeout 20 " SUBJECT " " + way + " 2>&1";
  std::FILE* const pipe = popen(command.c_str(), "r");
  Ended ended;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) ended.output += buffer;
  const int status = pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

void ExpectEvery(int times, const std::string& way, int status, std::string_view output) {
  for (int i = 0; i < times; ++i) {
    const Ended ended = Run(way);
    ASSERT_EQ(ended.status, status) << way << ", run " << i << "\n" << ended.output;
    ASSERT_EQ(ended.output, output) << way << ", run " << i;
  }
}

bool IsControlled() {
  const char* options = std::getenv("GORDIAN_OPTIONS");
  return options != nullptr &&
         std::string_view(options).find("schedule=") != std::string_view::npos;
}

TEST(Exit, StaticsInUseAreDestroyedInPeace) {
  ExpectEvery(20, "vector", 0, "");
  ExpectEvery(20, "channels", 0, "");
}

TEST(Exit, WhoeverCallsIt) {
  ExpectEvery(20, "exit-called", 3, "");
  ExpectEvery(20, "exit-in-a-goroutine", 3, "");
}

TEST(Exit, ADestructorMayWaitForItsGoroutines) { ExpectEvery(20, "workers", 0, "100 done\n"); }

TEST(Exit, AlsoInWaysThatTheLibraryDoesNotSee) {
  // A policy that runs one task at a time cannot see it either, and says so (controller.h).
  if (IsControlled()) return;
  ExpectEvery(2, "std-condition", 0, "done\n");
}

}  // namespace
