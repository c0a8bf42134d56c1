// Small random programs, one legal run of each as a trace, and all their other runs.
//
// The oracle of the prediction tests: obviously right and exponentially slow. A program is what
// each task does, step by step; Explore() runs it in every order in which each read, receive
// and wait sees what it saw in the trace, and collects the cycles of locks it meets.
#ifndef GORDIAN_TESTS_ANALYSIS_RANDOM_PROGRAM_H_
#define GORDIAN_TESTS_ANALYSIS_RANDOM_PROGRAM_H_

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/analysis/trace_builder.h"

namespace gordian::testing {

struct Step {
  enum Kind {
    kAcquire,
    kRelease,
    kRead,
    kWrite,
    kSpawn,
    kJoin,
    kSend,
    kRecv,
    kAdd,
    kDone,
    kWait,
    kTake,
    kGiveBack,
    kBegin,
    kEnd,
    kSeen,
    kSleep,
    kSignal,
    kWoken
  };
  Kind kind;
  int task;      // who does it; 0 is main
  int object;    // a lock, variable, channel …; a task, for spawn and join
  int saw = -1;  // the position of the write, send or signal that it read, received, was woken by
};

struct ProgramShape {
  int tasks = 2;  // beside main
  int locks = 2, variables = 0, channels = 0, groups = 0;
  int semaphores = 0, onces = 0, conditions = 0;
  int steps = 16;
  bool joins = true;
};

// Steps in the order of one run.
using Execution = std::vector<Step>;
Execution RandomExecution(const ProgramShape& shape, std::mt19937_64& random);

// Capacities of the channels, by number.
int CapacityOf(int channel);
int PermitsOf(int semaphore);

// The run as a trace; objects are numbered as BuildIds says.
struct BuildIds {
  std::vector<ObjectId> locks;
  std::vector<std::size_t> events;  // how many there are after each step
};
BuildIds Build(const Execution& run, const ProgramShape& shape, TraceBuilder& t);

// A cycle: the lock that each task holds, and the next one waits for; smallest first.
using LockCycle = std::vector<int>;

// `keep_section_order`: each lock's sections stay in the order of the run.
std::set<LockCycle> Explore(const Execution& run, const ProgramShape& shape,
                            bool keep_section_order);

// Whether some order of the run brings one task in front of the wait at position `wait` and another
// one in front of the acquisition at `request`, whose lock the first one holds, so that
// neither can ever go on, whatever the others still do.
bool CanWaitForEachOther(const Execution& run, const ProgramShape& shape, int wait, int request);

std::string ToString(const Execution& run);

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_ANALYSIS_RANDOM_PROGRAM_H_
