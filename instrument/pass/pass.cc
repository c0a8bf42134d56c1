#include "instrument/pass/pass.h"

#include "instrument/pass/access.h"
#include "instrument/pass/atomics.h"
#include "instrument/pass/emit.h"
#include "instrument/pass/loops.h"
#include "instrument/pass/redundant.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"

namespace gordian::pass {
namespace {

// Calls of the C library that touch memory stay calls, which the runtime sees: a comparison of a
// few bytes would become loads of its own later on.
void KeepLibraryCalls(llvm::Function& function, const llvm::TargetLibraryInfo& libraries) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction)) {
      llvm::maybeMarkSanitizerLibraryCallNoBuiltin(call, &libraries);
    }
  }
}

// Each loop gets a block before it, where there is room to tell of all its accesses at once.
void GiveEntries(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  for (llvm::Loop* loop : analyses.getResult<llvm::LoopAnalysis>(function)) {
    llvm::simplifyLoop(loop, &analyses.getResult<llvm::DominatorTreeAnalysis>(function),
                       &analyses.getResult<llvm::LoopAnalysis>(function),
                       &analyses.getResult<llvm::ScalarEvolutionAnalysis>(function),
                       &analyses.getResult<llvm::AssumptionAnalysis>(function),
                       /*MSSAU=*/nullptr, /*PreserveLCSSA=*/false);
  }
}

}  // namespace

llvm::PreservedAnalyses InstrumentPass::run(llvm::Function& function,
                                            llvm::FunctionAnalysisManager& analyses) {
  if (!function.hasFnAttribute(llvm::Attribute::SanitizeThread)) {
    return llvm::PreservedAnalyses::all();
  }
  function.removeFnAttr(llvm::Attribute::SanitizeThread);
  // The place of a call is told by its frame. Recursion that has become a loop stays one.
  function.addFnAttr("disable-tail-calls", "true");
  KeepLibraryCalls(function, analyses.getResult<llvm::TargetLibraryAnalysis>(function));
  if (options_.loops) GiveEntries(function, analyses);
  Accesses accesses = Collect(function, options_.unshared);
  if (options_.redundant) DropRedundant(function, accesses.plain);
  Emitter emitter(*function.getParent(), options_.filter);
  if (options_.loops) {
    TellLoops(accesses.plain, emitter, analyses.getResult<llvm::LoopAnalysis>(function),
              analyses.getResult<llvm::DominatorTreeAnalysis>(function),
              analyses.getResult<llvm::ScalarEvolutionAnalysis>(function));
  }
  for (const Access& access : accesses.plain) emitter.Tell(access);
  for (llvm::Instruction* copy : accesses.copies) emitter.TellCopy(*copy);
  for (llvm::Instruction* store : accesses.vtable_writes) emitter.TellVtableWrite(*store);
  for (llvm::Instruction* operation : accesses.atomics) ReplaceAtomic(*operation);
  return llvm::PreservedAnalyses::none();
}

}  // namespace gordian::pass
