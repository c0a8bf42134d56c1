// Small programs that know nothing of Gordian, by name: what `gordian run` makes of each is in
// interpose_test.cc. A bug and its correct twin stand side by side.
#ifndef GORDIAN_TESTS_INTERPOSE_PLAIN_H_
#define GORDIAN_TESTS_INTERPOSE_PLAIN_H_

#include <chrono>
#include <span>
#include <string_view>
#include <thread>

struct Plain {
  std::string_view name;
  void (*run)();
};

std::span<const Plain> LockPrograms();
std::span<const Plain> ConditionPrograms();
std::span<const Plain> ThreadPrograms();
std::span<const Plain> OtherPrograms();
std::span<const Plain> FutexPrograms();
std::span<const Plain> StandardPrograms();
std::span<const Plain> EndPrograms();
std::span<const Plain> StraitPrograms();
std::span<const Plain> ImagePrograms();
std::span<const Plain> ProgressPrograms();

inline void Pause(int ms = 30) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

#endif  // GORDIAN_TESTS_INTERPOSE_PLAIN_H_
