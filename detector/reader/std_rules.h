// What can have happened in a trace of RAPID's STD format: who holds which lock, who is there.
//
// Such traces are written by tools and by hand, and know no losses: a lock that is released by who
// does not hold it, or a task that acts after its join, is a mistake in the file. Each
// function says what is wrong with a line, if anything is.
//
// Locking   none.  Cost: a few loads per line; memory linear in tasks and locks.
#ifndef GORDIAN_DETECTOR_READER_STD_RULES_H_
#define GORDIAN_DETECTOR_READER_STD_RULES_H_

#include <cstdint>
#include <vector>

#include "instrument/trace/ids.h"

namespace gordian::detector {

enum class StdFault : std::uint8_t {
  kNone,
  kHasEnded,  // acts after its end
  kHeld,      // acquires what another one holds
  kNotHeld,   // releases what it does not hold
  kThere,     // forks a task that was there before
  kJoinsItself,
  kNobody,  // joins a task that nobody forked and that has done nothing
};

class StdRules {
 public:
  using LineNumber = std::uint64_t;  // from 1

  struct Task {
    LineNumber since = 0;  // forked, or first seen to act
    LineNumber ended = 0;
  };
  struct Lock {
    trace::TaskId holder = 0;
    std::uint32_t depth = 0;
    LineNumber since = 0;
  };

  // The task does something on this line: first of all its calls.
  StdFault Act(trace::TaskId task, LineNumber line) {
    Task& self = Grown(tasks_, task);
    if (self.since == 0) self.since = line;
    return self.ended == 0 ? StdFault::kNone : StdFault::kHasEnded;
  }
  // Locks are recursive.
  StdFault Acquire(trace::TaskId task, trace::ObjectId lock, LineNumber line) {
    Lock& self = Grown(locks_, lock);
    if (self.depth == 0) {
      self = {.holder = task, .since = line};
    } else if (self.holder != task) {
      return StdFault::kHeld;
    }
    ++self.depth;
    return StdFault::kNone;
  }
  StdFault Release(trace::TaskId task, trace::ObjectId lock) {
    Lock& self = Grown(locks_, lock);
    if (self.depth == 0 || self.holder != task) return StdFault::kNotHeld;
    --self.depth;
    return StdFault::kNone;
  }
  StdFault Fork(trace::TaskId child, LineNumber line) {
    Task& other = Grown(tasks_, child);
    if (other.since != 0) return StdFault::kThere;
    other.since = line;
    return StdFault::kNone;
  }
  StdFault Join(trace::TaskId task, trace::TaskId child, LineNumber line) {
    if (child == task) return StdFault::kJoinsItself;
    if (Grown(tasks_, child).since == 0) return StdFault::kNobody;
    End(child, line);
    return StdFault::kNone;
  }
  void End(trace::TaskId task, LineNumber line) {
    if (tasks_[task].ended == 0) tasks_[task].ended = line;
  }

  const Task& task(trace::TaskId id) const { return tasks_[id]; }
  const Lock& lock(trace::ObjectId id) const { return locks_[id]; }
  trace::ObjectId lock_count() const { return static_cast<trace::ObjectId>(locks_.size()); }

 private:
  template <typename T>
  static T& Grown(std::vector<T>& table, std::uint32_t index) {
    if (index >= table.size()) [[unlikely]]
      table.resize(index + std::size_t{1});
    return table[index];
  }

  std::vector<Task> tasks_;
  std::vector<Lock> locks_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_STD_RULES_H_
