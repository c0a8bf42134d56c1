#include "instrument/pass/atomics.h"

#include <bit>
#include <string>

#include "instrument/hooks/hooks.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

namespace gordian::pass {
namespace {

// The C++ number of a memory order.
int NumberOf(llvm::AtomicOrdering order) { return static_cast<int>(llvm::toCABI(order)); }

class Replacer {
 public:
  explicit Replacer(llvm::Instruction& operation)
      : operation_(operation),
        builder_(&operation),
        module_(*operation.getModule()),
        layout_(module_.getDataLayout()) {}

  void Replace() {
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&operation_)) {
      ReplaceLoad(*load);
    } else if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&operation_)) {
      ReplaceStore(*store);
    } else if (auto* change = llvm::dyn_cast<llvm::AtomicRMWInst>(&operation_)) {
      ReplaceChange(*change);
    } else if (auto* exchange = llvm::dyn_cast<llvm::AtomicCmpXchgInst>(&operation_)) {
      ReplaceExchange(*exchange);
    } else if (auto* fence = llvm::dyn_cast<llvm::FenceInst>(&operation_)) {
      ReplaceFence(*fence);
    }
  }

 private:
  // The integer type that the runtime has for values of `type`, or nullptr.
  llvm::IntegerType* WordFor(llvm::Type* type) {
    const std::uint64_t bits = layout_.getTypeSizeInBits(type).getFixedValue();
    if (bits < 8 || bits > 128 || !std::has_single_bit(bits)) return nullptr;
    return builder_.getIntNTy(static_cast<unsigned>(bits));
  }

  llvm::Value* Order(llvm::AtomicOrdering order) {
    return builder_.getInt32(static_cast<std::uint32_t>(NumberOf(order)));
  }

  llvm::Value* Call(const std::string& name, llvm::Type* result,
                    llvm::ArrayRef<llvm::Value*> arguments) {
    llvm::SmallVector<llvm::Type*, 5> types;
    for (llvm::Value* argument : arguments) types.push_back(argument->getType());
    const llvm::FunctionCallee hook = module_.getOrInsertFunction(
        hooks::kSanitizerPrefix + name, llvm::FunctionType::get(result, types, false));
    llvm::CallInst* call = builder_.CreateCall(hook, arguments);
    call->setDoesNotThrow();
    call->setTailCallKind(llvm::CallInst::TCK_NoTail);
    return call;
  }

  std::string Name(llvm::IntegerType* word, const char* what) {
    return "atomic" + std::to_string(word->getBitWidth()) + "_" + what;
  }

  void Finish(llvm::Value* value) {
    if (value != nullptr) operation_.replaceAllUsesWith(value);
    operation_.eraseFromParent();
  }

  void ReplaceLoad(llvm::LoadInst& load) {
    llvm::IntegerType* word = WordFor(load.getType());
    if (word == nullptr) return;
    llvm::Value* value =
        Call(Name(word, "load"), word, {load.getPointerOperand(), Order(load.getOrdering())});
    Finish(builder_.CreateBitOrPointerCast(value, load.getType()));
  }

  void ReplaceStore(llvm::StoreInst& store) {
    llvm::IntegerType* word = WordFor(store.getValueOperand()->getType());
    if (word == nullptr) return;
    llvm::Value* value = builder_.CreateBitOrPointerCast(store.getValueOperand(), word);
    Call(Name(word, "store"), builder_.getVoidTy(),
         {store.getPointerOperand(), value, Order(store.getOrdering())});
    Finish(nullptr);
  }

  // What the runtime calls an operation; nullptr: it has none.
  static const char* NameOf(llvm::AtomicRMWInst::BinOp operation) {
    switch (operation) {
      case llvm::AtomicRMWInst::Xchg:
        return "exchange";
      case llvm::AtomicRMWInst::Add:
        return "fetch_add";
      case llvm::AtomicRMWInst::Sub:
        return "fetch_sub";
      case llvm::AtomicRMWInst::And:
        return "fetch_and";
      case llvm::AtomicRMWInst::Or:
        return "fetch_or";
      case llvm::AtomicRMWInst::Xor:
        return "fetch_xor";
      case llvm::AtomicRMWInst::Nand:
        return "fetch_nand";
      default:
        return nullptr;
    }
  }

  void ReplaceChange(llvm::AtomicRMWInst& change) {
    llvm::IntegerType* word = WordFor(change.getType());
    const char* name = NameOf(change.getOperation());
    if (word == nullptr || name == nullptr) return;
    llvm::Value* operand = builder_.CreateBitOrPointerCast(change.getValOperand(), word);
    llvm::Value* value = Call(Name(word, name), word,
                              {change.getPointerOperand(), operand, Order(change.getOrdering())});
    Finish(builder_.CreateBitOrPointerCast(value, change.getType()));
  }

  void ReplaceExchange(llvm::AtomicCmpXchgInst& exchange) {
    llvm::Type* type = exchange.getNewValOperand()->getType();
    llvm::IntegerType* word = WordFor(type);
    if (word == nullptr) return;
    llvm::Value* expected = builder_.CreateBitOrPointerCast(exchange.getCompareOperand(), word);
    llvm::Value* desired = builder_.CreateBitOrPointerCast(exchange.getNewValOperand(), word);
    llvm::Value* before =
        Call(Name(word, "compare_exchange_val"), word,
             {exchange.getPointerOperand(), expected, desired, Order(exchange.getSuccessOrdering()),
              Order(exchange.getFailureOrdering())});
    llvm::Value* done = builder_.CreateICmpEQ(before, expected);
    llvm::Value* pair = llvm::PoisonValue::get(exchange.getType());
    pair = builder_.CreateInsertValue(pair, builder_.CreateBitOrPointerCast(before, type), 0);
    Finish(builder_.CreateInsertValue(pair, done, 1));
  }

  void ReplaceFence(llvm::FenceInst& fence) {
    const bool for_signals = fence.getSyncScopeID() == llvm::SyncScope::SingleThread;
    Call(for_signals ? "atomic_signal_fence" : "atomic_thread_fence", builder_.getVoidTy(),
         {Order(fence.getOrdering())});
    Finish(nullptr);
  }

  llvm::Instruction& operation_;
  llvm::IRBuilder<> builder_;
  llvm::Module& module_;
  const llvm::DataLayout& layout_;
};

}  // namespace

void ReplaceAtomic(llvm::Instruction& operation) { Replacer(operation).Replace(); }

}  // namespace gordian::pass
