// One event for the accesses of a loop, where their addresses are an affine function of its turns.
//
// Nothing in such a loop synchronises, so that it does not matter where in it an access is told
// of: it is told of before the loop. The address is followed outwards, loop by loop, as long as
// every turn makes the access, the number of turns is known on entry, and the bytes still are
// `count` equal pieces at equal distances: a matrix in rows becomes one range. What stays the same
// in a loop is told of once. The addresses, distances and counts come from LLVM's scalar evolution.
#ifndef GORDIAN_INSTRUMENT_PASS_LOOPS_H_
#define GORDIAN_INSTRUMENT_PASS_LOOPS_H_

#include "instrument/pass/access.h"
#include "instrument/pass/emit.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Dominators.h"

namespace gordian::pass {

// Tells of what can be told of before a loop, and leaves the rest. An access that stays one is
// moved.
void TellLoops(llvm::SmallVectorImpl<Access>& accesses, Emitter& emitter, llvm::LoopInfo& loops,
               llvm::DominatorTree& dominators, llvm::ScalarEvolution& evolution);

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_LOOPS_H_
