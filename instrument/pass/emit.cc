#include "instrument/pass/emit.h"

#include <bit>
#include <string>

#include "instrument/hooks/hooks.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

namespace gordian::pass {
namespace {

llvm::CallInst* Call(llvm::IRBuilder<>& builder, llvm::Module& module, llvm::StringRef name,
                     llvm::ArrayRef<llvm::Value*> arguments) {
  llvm::SmallVector<llvm::Type*, 4> types;
  for (llvm::Value* argument : arguments) types.push_back(argument->getType());
  const llvm::FunctionCallee hook = module.getOrInsertFunction(
      name, llvm::FunctionType::get(builder.getVoidTy(), types, /*isVarArg=*/false));
  llvm::CallInst* call = builder.CreateCall(hook, arguments);
  call->setDoesNotThrow();
  call->setTailCallKind(llvm::CallInst::TCK_NoTail);  // the caller's frame is in the stack
  return call;
}

// Of x86-64: memory at an offset from the thread's base, the register FS.
constexpr unsigned kThreadsOwn = 257;

}  // namespace

Emitter::Emitter(llvm::Module& module, bool filter)
    : module_(module),
      filter_(filter && llvm::Triple(module.getTargetTriple()).getArch() == llvm::Triple::x86_64) {}

// Where the filter lies in each thread's own memory. The *address* of a thread-local variable is
// what the optimiser takes for the same all through a function; a task of the library may be on
// another thread after any call. An offset is the same in all threads.
llvm::Value* Emitter::FilterOffset(llvm::IRBuilder<>& builder) {
  auto* type = llvm::FunctionType::get(builder.getInt64Ty(), /*isVarArg=*/false);
  const std::string code = std::string("movq ") + hooks::kFilter + "@GOTTPOFF(%rip), $0";
  llvm::CallInst* offset = builder.CreateCall(
      type, llvm::InlineAsm::get(type, code, "=r", /*hasSideEffects=*/false), {});
  offset->setDoesNotAccessMemory();
  offset->setDoesNotThrow();
  return offset;
}

// Whether the filter does not know the access; the layout of its entries is in hooks.h.
llvm::Value* Emitter::Misses(llvm::IRBuilder<>& builder, llvm::Value* pointer, std::uint64_t bytes,
                             bool is_write) {
  llvm::Type* word = builder.getInt64Ty();
  const auto size = static_cast<std::uint64_t>(std::bit_width(bytes) - 1);
  llvm::Value* filter = builder.CreateIntToPtr(
      FilterOffset(builder), llvm::PointerType::get(module_.getContext(), kThreadsOwn));
  llvm::Value* address = builder.CreatePtrToInt(pointer, word);
  llvm::Value* epoch = builder.CreateLoad(word, filter);
  llvm::Value* entry = builder.CreateAdd(
      builder.CreateAdd(address, epoch),
      builder.getInt64(size << hooks::kSizeShift | (is_write ? hooks::kWriteBit : 0)));
  llvm::Value* place = builder.CreateAnd(builder.CreateLShr(address, size),
                                         builder.getInt64(hooks::kFilterEntries - 1));
  llvm::Type* layout =
      llvm::StructType::get(word, llvm::ArrayType::get(word, hooks::kFilterEntries));
  llvm::Value* known = builder.CreateLoad(
      word, builder.CreateGEP(layout, filter, {builder.getInt64(0), builder.getInt32(1), place}));
  if (is_write) return builder.CreateICmpNE(known, entry);
  return builder.CreateIsNotNull(builder.CreateShl(builder.CreateXor(known, entry), 1));
}

void Emitter::Tell(const Access& access) {
  llvm::Instruction* at = access.at;
  llvm::IRBuilder<> builder(at);
  builder.SetCurrentDebugLocation(access.line);
  llvm::Value* pointer = access.pointer;
  if (access.offset != 0) {
    pointer = builder.CreateGEP(builder.getInt8Ty(), pointer,
                                builder.getInt64(static_cast<std::uint64_t>(access.offset)));
  }
  if (filter_) {
    llvm::Value* misses = Misses(builder, pointer, access.bytes, access.is_write);
    builder.SetInsertPoint(llvm::SplitBlockAndInsertIfThen(
        misses, at, /*Unreachable=*/false,
        llvm::MDBuilder(module_.getContext()).createUnlikelyBranchWeights()));
    builder.SetCurrentDebugLocation(access.line);
  }
  const std::string name =
      std::string(access.is_write ? hooks::kWrite : hooks::kRead) + std::to_string(access.bytes);
  Call(builder, module_, name, {pointer});
}

void Emitter::TellRange(const Range& range) {
  llvm::IRBuilder<> builder(range.at);
  builder.SetCurrentDebugLocation(range.line);
  Call(builder, module_, range.is_write ? hooks::kWriteRange : hooks::kReadRange,
       {range.address, range.bytes, range.stride, range.count});
}

void Emitter::TellCopy(llvm::Instruction& instruction) {
  auto& copy = llvm::cast<llvm::MemIntrinsic>(instruction);
  llvm::IRBuilder<> builder(&copy);
  llvm::Value* length = builder.CreateZExtOrTrunc(copy.getLength(), builder.getInt64Ty());
  const auto tell = [&](llvm::Value* pointer, bool is_write) {
    if (!MayBeShared(pointer)) return;
    TellRange({&copy, pointer, length, length, builder.getInt64(1), is_write, copy.getDebugLoc()});
  };
  if (auto* transfer = llvm::dyn_cast<llvm::MemTransferInst>(&copy)) {
    tell(transfer->getRawSource(), false);
  }
  tell(copy.getRawDest(), true);
}

void Emitter::TellVtableWrite(llvm::Instruction& instruction) {
  auto& store = llvm::cast<llvm::StoreInst>(instruction);
  llvm::IRBuilder<> builder(&store);
  llvm::Value* value = store.getValueOperand();
  if (!value->getType()->isPointerTy()) {
    value = builder.CreateIntToPtr(value, builder.getPtrTy());
  }
  Call(builder, module_, std::string(hooks::kSanitizerPrefix) + "vptr_update",
       {store.getPointerOperand(), value});
}

}  // namespace gordian::pass
