// The end of the program, while goroutines exist.
//
// As in Go, the program ends when main returns and waits for nobody. But C++ destroys the
// thread-locals and statics of the program first, which its goroutines may be using: so they stand
// still from then on, each at its next Point or before it is run again. Where the task that ends
// the program itself waits in a primitive or a join (a static pool closes its channel and waits for
// its workers), they run for as long as it does.
//
// Limits   plain threads run on, as in any C++ program. A goroutine that reaches no Point for
//          kPatience runs on too, as does one that is locked to its thread, up to its next Point.
//          Where the program sleeps on something that the library does not know (a condition
//          variable of the standard's), the goroutines go on after a second, for good; after ten
//          whatever it does.
#ifndef GORDIAN_LIB_INTERNAL_EXITING_H_
#define GORDIAN_LIB_INTERNAL_EXITING_H_

#include <cstdint>

#include "gordian/internal/task.h"

namespace gordian::internal {

// The calling task ends the program: the others stand still from here on. Again: nothing.
void BeginExit();

// Around a wait of `task`: where that one ends the program the others run meanwhile.
class ExitWaits {
 public:
  explicit ExitWaits(const Task& task);
  ~ExitWaits();
  ExitWaits(const ExitWaits&) = delete;
  ExitWaits& operator=(const ExitWaits&) = delete;

 private:
  const bool waits_;
};

struct Worker;
// To be called where `worker` is about to run `task`, or runs it and is at a Point: stands still
// while the program ends.
void StandStillAtExit(Worker& worker, const Task& task);

// Workers that stand still with something to run.
std::int64_t WorkersAtExit();

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_EXITING_H_
