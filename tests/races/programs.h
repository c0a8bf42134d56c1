// Small programs built with gordian-c++, by name: what `gordian run` makes of each is in
// races_test.cc. A race and its correct twin stand side by side.
#ifndef GORDIAN_TESTS_RACES_PROGRAMS_H_
#define GORDIAN_TESTS_RACES_PROGRAMS_H_

#include <chrono>
#include <span>
#include <string_view>
#include <thread>

struct Program {
  std::string_view name;
  void (*run)();
};

std::span<const Program> MemoryPrograms();
std::span<const Program> OrderPrograms();

inline void Pause(int ms = 30) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

template <typename One, typename Other>
void Both(One one, Other other) {
  std::thread first(one), second(other);
  first.join();
  second.join();
}

#endif  // GORDIAN_TESTS_RACES_PROGRAMS_H_
