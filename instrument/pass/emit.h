// Puts the calls of hooks, and the look into the filter before them, into the program.
#ifndef GORDIAN_INSTRUMENT_PASS_EMIT_H_
#define GORDIAN_INSTRUMENT_PASS_EMIT_H_

#include "instrument/pass/access.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace gordian::pass {

class Emitter {
 public:
  // `filter`: accesses look into the filter first.
  Emitter(llvm::Module& module, bool filter);

  void Tell(const Access& access);

  // `count` accesses of `bytes` each, `stride` apart.
  struct Range {
    llvm::Instruction* at;  // told of before it
    llvm::Value* address;
    llvm::Value* bytes;
    llvm::Value* stride;
    llvm::Value* count;
    bool is_write;
    llvm::DebugLoc line;
  };
  void TellRange(const Range& range);

  // A copy or a fill of memory, of any length.
  void TellCopy(llvm::Instruction& copy);

  // A constructor's or destructor's write of the pointer to the virtual table.
  void TellVtableWrite(llvm::Instruction& store);

 private:
  llvm::Value* Misses(llvm::IRBuilder<>& builder, llvm::Value* pointer, std::uint64_t bytes,
                      bool is_write);

  llvm::Value* FilterOffset(llvm::IRBuilder<>& builder);

  llvm::Module& module_;
  const bool filter_;
};

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_EMIT_H_
