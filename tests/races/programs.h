// Small programs built with gordian-c++, by name: what `gordian run` makes of each is in
// races_test.cc. A race and its correct twin stand side by side.
#ifndef GORDIAN_TESTS_RACES_PROGRAMS_H_
#define GORDIAN_TESTS_RACES_PROGRAMS_H_

#include <atomic>
#include <chrono>
#include <cstdio>
#include <span>
#include <string_view>
#include <thread>

struct Program {
  std::string_view name;
  void (*run)();
};

inline constexpr int kNoSuchProgram = 98;

// Runs the one of that name.
inline int RunProgram(std::span<const Program> programs, std::string_view wanted) {
  for (const Program& program : programs) {
    if (program.name != wanted) continue;
    program.run();
    std::puts("done");
    return 0;
  }
  return kNoSuchProgram;
}

std::span<const Program> MemoryPrograms();
std::span<const Program> OrderPrograms();
std::span<const Program> SystemPrograms();
std::span<const Program> FiberPrograms();
std::span<const Program> AnnotationPrograms();

inline void Pause(int ms = 30) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// Both are there before either begins; that neither memory nor the gate, which is relaxed, orders
// them.
template <typename One, typename Other>
void Both(One one, Other other) {
  static std::atomic<int> here{0};
  const auto gated = [](auto body) {
    return [body] {
      here.fetch_add(1, std::memory_order_relaxed);
      while (here.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
      body();
    };
  };
  std::thread first(gated(one)), second(gated(other));
  first.join();
  second.join();
}

#endif  // GORDIAN_TESTS_RACES_PROGRAMS_H_
