#include "instrument/pass/options.h"

#include "llvm/Support/CommandLine.h"

namespace gordian::pass {
namespace {

using llvm::cl::desc;
using llvm::cl::init;
using llvm::cl::opt;

opt<bool> unshared("gordian-unshared", init(true), desc("Leave out what cannot be shared"));
opt<bool> redundant("gordian-redundant", init(true),
                    desc("Drop accesses that another one stands for"));
opt<bool> loops("gordian-loops", init(true), desc("One event for the accesses of a loop"));
opt<bool> filter("gordian-filter", init(true), desc("Look into the filter before calling"));

}  // namespace

Options OptionsFor(bool optimise) {
  return {unshared, optimise && redundant, optimise && loops, optimise && filter};
}

}  // namespace gordian::pass
