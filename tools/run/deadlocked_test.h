// A test of which some tasks are deadlocked while others run on: when it is over.
//
// It has failed, and may still come to its end. It never will once the task that runs the tests has
// stood in one wait for as long as leaks may take to settle.
//
// Locking   none: its owner's.
#ifndef GORDIAN_TOOLS_RUN_DEADLOCKED_TEST_H_
#define GORDIAN_TOOLS_RUN_DEADLOCKED_TEST_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "detector/finding/finding.h"
#include "detector/model/model.h"

namespace gordian::tools {

// The confirmed findings in short, a line each.
std::string Titles(std::span<const detector::Finding> findings);

class DeadlockedTest {
 public:
  using Clock = std::chrono::steady_clock;

  // What a look has found.
  void Add(std::span<const detector::Finding> findings, const detector::Model& model);

  // Whether there is one that may be over soon: look again.
  bool pending() const { return test_ != 0; }

  // Why it is over, once; empty while it is not.
  std::string TakeEnd(const detector::Model& model, Clock::time_point now);

 private:
  std::uint32_t test_ = 0;  // 0: none
  std::string why_;
  std::uint64_t wait_seq_ = 0;  // of the task that runs the tests
  Clock::time_point since_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_DEADLOCKED_TEST_H_
