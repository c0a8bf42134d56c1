#include "instrument/pass/mark.h"

#include "instrument/hooks/hooks.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

namespace gordian::pass {
namespace {

// The library's headers, in the namespace `gordian`, say themselves what they do.
bool IsOfTheLibrary(const llvm::Function& function) {
  llvm::StringRef name = function.getName();
  if (!name.consume_front("_Z")) return false;
  for (bool nested = true; nested;) {
    nested = name.consume_front("Z") || name.consume_front("N") || name.consume_front("K");
  }
  return name.starts_with("7gordian");
}

bool IsToBeInstrumented(const llvm::Function& function) {
  return !function.isDeclaration() && !IsOfTheLibrary(function) &&
         !function.hasFnAttribute(llvm::Attribute::Naked) &&
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
