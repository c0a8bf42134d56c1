// The memory accesses of a function that another thread could take part in.
//
// Left out: variables on the stack whose address nobody else can have, constants, virtual tables,
// and what the compiler itself has put in.
#ifndef GORDIAN_INSTRUMENT_PASS_ACCESS_H_
#define GORDIAN_INSTRUMENT_PASS_ACCESS_H_

#include <cstdint>

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DebugLoc.h"
#include "llvm/IR/Instruction.h"

namespace gordian::pass {

struct Access {
  llvm::Instruction* at = nullptr;  // told of before it
  llvm::Value* pointer = nullptr;
  std::int64_t offset = 0;  // of the access from `pointer`
  std::uint64_t bytes = 0;  // a power of two up to 16
  bool is_write = false;
  llvm::DebugLoc line{};  // where the program accesses
};

// All of a function's, by kind.
struct Accesses {
  llvm::SmallVector<Access, 32> plain;  // loads, stores, and copies of a few known bytes
  llvm::SmallVector<llvm::Instruction*, 8> atomics;
  llvm::SmallVector<llvm::Instruction*, 8> copies;  // memory intrinsics of any length
  llvm::SmallVector<llvm::Instruction*, 4> vtable_writes;
};

// Without those that no other thread can make as well, where `leave_out` says so.
Accesses Collect(llvm::Function& function, bool leave_out);

// Whether another thread could access what `pointer` points to.
bool MayBeShared(const llvm::Value* pointer);

// Whether `instruction` may synchronise with another thread, or do what nobody knows.
bool MaySynchronise(const llvm::Instruction& instruction);

}  // namespace gordian::pass

#endif  // GORDIAN_INSTRUMENT_PASS_ACCESS_H_
