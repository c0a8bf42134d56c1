// Where the calling thread's stack lies.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_STACK_BOUNDS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_STACK_BOUNDS_H_

#include <cstdint>

namespace gordian::interpose {

// Of the thread that runs main: as far as the system lets it grow, and without the arguments and
// the environment above it. Empty where it is not known.
struct StackBounds {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

StackBounds OwnStack();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_STACK_BOUNDS_H_
