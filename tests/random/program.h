// Small concurrent programs as text: what each goroutine does, one operation after the other.
//
//   const Program program = MakeProgram(seed, Manners::kAny);
//   SCOPED_TRACE(program.ToString());
//
// Limits   no program unlocks what it does not hold or brings a WaitGroup below zero: the library
//          ends the process for those. Sends on closed channels and second closes do occur.
#ifndef GORDIAN_TESTS_RANDOM_PROGRAM_H_
#define GORDIAN_TESTS_RANDOM_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gordian::testing {

enum class Do : std::uint8_t {
  kLock,
  kUnlock,
  kRLock,
  kRUnlock,
  kSend,
  kRecv,
  kClose,
  kAdd,
  kDone,
  kWait,
  kYield,
};

struct Op {
  Do what = Do::kYield;
  std::size_t object = 0;  // among the locks, the channels or the WaitGroups

  std::string ObjectName() const;  // "lock 0", "chan 1", "group 0"
};

enum class Manners : std::uint8_t {
  kAny,      // locks in any order, some never released; channels as it happens
  kOrderly,  // nobody can get stuck: locks in ascending order, all released; sends find room
};

struct Program {
  std::vector<bool> locks;              // whether it is an RWMutex
  std::vector<std::size_t> capacities;  // of the channels
  std::vector<int> groups;              // what the WaitGroups count at first
  std::vector<std::vector<Op>> goroutines;

  std::string ToString() const;
};

Program MakeProgram(std::uint64_t seed, Manners manners);

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_RANDOM_PROGRAM_H_
