// Going on with the remaining tests in a fresh process.
//
// A test that cannot be ended takes its process with it: the process is replaced by itself
// (exec), which skips what has been run and counts what has failed. Its
// number stays the same, so whoever waits for it notices nothing.
//
// Limits  with --gtest_repeat the fresh process finishes the present round only, and says
//         so; an XML or JSON file holds the tests of the last process only.
#ifndef GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_
#define GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_

#include <string>
#include <vector>

namespace gordian::inprocess {

struct DoneTest {
  std::string name;  // "Suite.Name"
  bool failed = false;
};

// The tests that earlier processes of this run have done; empty in the first one.
std::vector<DoneTest> DoneEarlier();

// Replaces the process; `done` are all that have been run, by earlier processes too.
// Returns only where that fails, with the reason.
std::string ReplaceProcess(const std::vector<DoneTest>& done);

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_
