// Compiled for ThreadSanitizer: bugs for its options and suppressions to be about, by name.
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>

#include "tests/races/programs.h"

namespace {

long account;
std::mutex first, second;

}  // namespace

[[gnu::noinline]] void Deposit() { ++account; }

[[gnu::noinline]] void OneWay() {
  std::scoped_lock one(first);
  std::scoped_lock other(second);
}
[[gnu::noinline]] void OtherWay() {
  std::scoped_lock one(second);
  std::scoped_lock other(first);
}

[[gnu::noinline]] void LeaveBehind() {
  new std::thread([] {});
  Pause();
}

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  if (wanted == "race") Both(Deposit, Deposit);
  if (wanted == "deadlock") {
    std::thread(OneWay).join();
    std::thread(OtherWay).join();
  }
  if (wanted == "thread") LeaveBehind();
  std::puts("done");
}
