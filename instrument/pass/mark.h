// Marks the functions that are to be instrumented, before anything is optimised. Those of namespace
// `gordian` are not: the library tells of its own doings.
//
// The mark is `sanitize_thread`, which keeps the optimiser from reading memory that the program
// would not have read: such a read could race where the program has none.
#ifndef GORDIAN_INSTRUMENT_PASS_MARK_H_
#define GORDIAN_INSTRUMENT_PASS_MARK_H_

#include "llvm/IR/PassManager.h"

namespace gordian::pass {

class MarkPass : public llvm::PassInfoMixin<MarkPass> {
 public:
  llvm::PreservedAnalyses run(llvm::Module& module, llvm::ModuleAnalysisManager&);
  static bool isRequired() { return true; }
};

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_MARK_H_
