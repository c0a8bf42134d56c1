// A program that stands still and that nobody watches says so and ends itself, as Go's does.
//
// It does where nothing that the library knows of can ever happen again, no thread is there that
// the library does not know, and no signal has a handler that could wake somebody. Under `gordian
// run`, which judges with all that was recorded, and where OnStandstill has a callback (tests) this
// is silent.
#ifndef GORDIAN_LIB_INTERNAL_ASLEEP_H_
#define GORDIAN_LIB_INTERNAL_ASLEEP_H_

#include <string>

namespace gordian::internal {

// The program has come to stand still, and nobody watches it.
void NobodyMoves();

// What every task does, threads first, of very many tasks some. dump.cc
std::string DumpTasks();

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_ASLEEP_H_
