// Instruments the functions that MarkPass has marked, and takes the mark away.
//
// From -O1 on it runs when the function is optimised but its loops are not yet vectorised, so
// that few accesses are left and their loops are still simple; without optimisation, last of all.
#ifndef GORDIAN_INSTRUMENT_PASS_PASS_H_
#define GORDIAN_INSTRUMENT_PASS_PASS_H_

#include "instrument/pass/options.h"
#include "llvm/IR/PassManager.h"

namespace gordian::pass {

class InstrumentPass : public llvm::PassInfoMixin<InstrumentPass> {
 public:
  explicit InstrumentPass(Options options) : options_(options) {}

  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
  static bool isRequired() { return true; }

 private:
  const Options options_;
};

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_PASS_H_
