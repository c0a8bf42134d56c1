// Recording and judging in one process: what the test support is built on.
//
// Events stay in process memory and are analysed at cuts (the end of a test, a
// standstill), each time only what is new.
//
// Locking  one lock around the analyses; recording goes on meanwhile.
// Limits   one per process. Under `gordian run` the supervisor judges and this does nothing.
#ifndef GORDIAN_LIB_INPROCESS_SESSION_H_
#define GORDIAN_LIB_INPROCESS_SESSION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/finding/finding.h"

namespace gordian::inprocess {

class Session {
 public:
  // The process's session. The first call starts the recording, unless one is on already.
  static Session& Get();

  // False where somebody else records and will judge.
  bool judging() const { return judging_; }

  // Marks the tests' borders in the trace; returns the number of the test.
  std::uint32_t BeginTest(std::string_view name);
  void EndTest(std::uint32_t test);

  // Reads what was recorded since the last call, and judges it.
  std::vector<detector::Finding> Judge(detector::CutKind kind, std::uint32_t test = 0);

  // What is deadlocked while other tasks run on, as far as two looks in a row have seen it
  // (present_deadlock.h); a judgement says it again.
  std::vector<detector::Finding> LookForDeadlocks();

  // The wait that the task stands in, as a number that no other wait has; 0 where it does not
  // wait, or not without end. As far as was read.
  std::uint64_t WaitOf(trace::TaskId task) const;

  // Those that fail a test: at or above `fail_on`, and no leak that `allow` names.
  std::vector<detector::Finding> Failing(std::vector<detector::Finding> findings);

  // What is suspected, and fails no test, as text: each once in the process's life.
  std::string TellSuspected(std::vector<detector::Finding> findings);

  // Patterns of `allow` that no leak has matched so far.
  std::vector<std::string> UnusedPatterns() const;

  // Whether `task` was spawned in `test`, as far as has been read.
  bool SpawnedIn(trace::TaskId task, std::uint32_t test) const;

  // What every live task does, as far as was read when last judged.
  std::string Tasks() const;

  // The findings that fail a test, as text.
  std::string Report(const std::vector<detector::Finding>& findings) const;

 private:
  Session();

  struct State;
  State* state_;  // never freed: tasks record during exit
  bool judging_ = false;
};

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_SESSION_H_
