// Going on with the remaining tests in a fresh process.
//
// A test that cannot be ended takes its process with it: the process is replaced by itself
// (exec), which skips what has been run and counts what has failed. Its number stays the same, so
// whoever waits for it notices nothing. What it has to know is handed over in a file.
#ifndef GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_
#define GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_

#include <optional>
#include <string>
#include <vector>

namespace gordian::inprocess {

struct DoneTest {
  std::string name;  // "Suite.Name"
  bool failed = false;
};

// What the processes before this one have done.
struct EarlierRuns {
  std::vector<std::string> selected;  // what is to be run in a round, of this shard
  std::vector<DoneTest> tests;        // that are done, of this round
  std::vector<std::string> failed;    // in rounds that are over
  int rounds = 1;                     // this one and those to come; negative: for ever
  std::string results;                // of `tests`, as GoogleTest writes them; may be empty
};

// Empty in the first process.
std::optional<EarlierRuns> TakeEarlierRuns();

// Replaces the process. Returns only where that fails, with the reason.
std::string ReplaceProcess(const EarlierRuns& runs);

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_FRESH_PROCESS_H_
