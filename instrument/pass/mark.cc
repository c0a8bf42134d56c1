#include "instrument/pass/mark.h"

#include "instrument/hooks/hooks.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

namespace gordian::pass {
namespace {

bool IsToBeInstrumented(const llvm::Function& function) {
  return !function.isDeclaration() && !function.hasFnAttribute(llvm::Attribute::Naked) &&
         !function.hasFnAttribute(llvm::Attribute::DisableSanitizerInstrumentation);
}

}  // namespace

llvm::PreservedAnalyses MarkPass::run(llvm::Module& module, llvm::ModuleAnalysisManager&) {
  bool any = false;
  for (llvm::Function& function : module) {
    if (!IsToBeInstrumented(function)) continue;
    function.addFnAttr(llvm::Attribute::SanitizeThread);
    function.addFnAttr("frame-pointer", "all");
    any = true;
  }
  if (!any) return llvm::PreservedAnalyses::all();
  llvm::LLVMContext& context = module.getContext();
  llvm::FunctionCallee init =
      module.getOrInsertFunction(hooks::kInit, llvm::Type::getVoidTy(context));
  llvm::appendToGlobalCtors(module, llvm::cast<llvm::Function>(init.getCallee()), 0);
  return llvm::PreservedAnalyses::none();
}

}  // namespace gordian::pass
