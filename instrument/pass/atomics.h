// Atomic operations become calls of the runtime, which does them and writes them to the trace.
#ifndef GORDIAN_INSTRUMENT_PASS_ATOMICS_H_
#define GORDIAN_INSTRUMENT_PASS_ATOMICS_H_

#include "llvm/IR/Instruction.h"

namespace gordian::pass {

// Replaces the operation. One of a width that the runtime has no hook for is left as it is.
void ReplaceAtomic(llvm::Instruction& operation);

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_ATOMICS_H_
