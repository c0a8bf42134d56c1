// What clang loads with -fpass-plugin: where in its pipelines the passes run.
#include "instrument/pass/mark.h"
#include "instrument/pass/options.h"
#include "instrument/pass/pass.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"

namespace gordian::pass {
namespace {

void Register(llvm::PassBuilder& builder) {
  builder.registerPipelineStartEPCallback(
      [](llvm::ModulePassManager& passes, llvm::OptimizationLevel) { passes.addPass(MarkPass()); });
  builder.registerVectorizerStartEPCallback(
      [](llvm::FunctionPassManager& passes, llvm::OptimizationLevel level) {
        passes.addPass(InstrumentPass(OptionsFor(level != llvm::OptimizationLevel::O0)));
      });
  // Where there was no vectoriser: without optimisation, and before link-time optimisation.
  builder.registerOptimizerLastEPCallback(
      [](llvm::ModulePassManager& passes, llvm::OptimizationLevel level) {
        passes.addPass(llvm::createModuleToFunctionPassAdaptor(
            InstrumentPass(OptionsFor(level != llvm::OptimizationLevel::O0))));
      });
  // For opt: each by its name, the second with every step.
  builder.registerPipelineParsingCallback([](llvm::StringRef name, llvm::ModulePassManager& passes,
                                             llvm::ArrayRef<llvm::PassBuilder::PipelineElement>) {
    if (name != "gordian-mark") return false;
    passes.addPass(MarkPass());
    return true;
  });
  builder.registerPipelineParsingCallback([](llvm::StringRef name,
                                             llvm::FunctionPassManager& passes,
                                             llvm::ArrayRef<llvm::PassBuilder::PipelineElement>) {
    if (name != "gordian" && name != "gordian-O0") return false;
    passes.addPass(InstrumentPass(OptionsFor(name == "gordian")));
    return true;
  });
}

}  // namespace
}  // namespace gordian::pass

extern "C" [[gnu::visibility("default")]] llvm::PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "gordian", "1", gordian::pass::Register};
}
