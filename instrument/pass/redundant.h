// Drops the accesses that another access of the function stands for.
//
// An access stands for another one to the same bytes, or fewer, when every path from it or to
// it passes the other, with nothing between that may synchronise: whoever is ordered with
// one is then ordered with the other. A write stands for a read. Two data-flow problems over bit
// vectors: what has surely been accessed on the way here, and what surely will be on the way on.
// Then neighbours of one line are told of together.
//
// Limits    bytes are known to be the same by a pointer and constant offsets from it; functions
//           with more than kMostPlaces different ones are left as they are.
#ifndef GORDIAN_INSTRUMENT_PASS_REDUNDANT_H_
#define GORDIAN_INSTRUMENT_PASS_REDUNDANT_H_

#include "instrument/pass/access.h"
#include "llvm/IR/Function.h"

namespace gordian::pass {

inline constexpr std::size_t kMostPlaces = 1024;

void DropRedundant(llvm::Function& function, llvm::SmallVectorImpl<Access>& accesses);

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_REDUNDANT_H_
