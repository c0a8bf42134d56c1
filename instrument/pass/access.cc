#include "instrument/pass/access.h"

#include <bit>

#include "llvm/Analysis/CaptureTracking.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Metadata.h"

namespace gordian::pass {
namespace {

using llvm::dyn_cast;
using llvm::isa;

bool IsVtablePointer(const llvm::Instruction& instruction) {
  const llvm::MDNode* tag = instruction.getMetadata(llvm::LLVMContext::MD_tbaa);
  return tag != nullptr && tag->isTBAAVtableAccess();
}

// Virtual tables and constants never change.
bool PointsToConstant(const llvm::Value* pointer) {
  pointer = pointer->stripInBoundsOffsets();
  if (const auto* global = dyn_cast<llvm::GlobalVariable>(pointer)) return global->isConstant();
  const auto* load = dyn_cast<llvm::LoadInst>(pointer);
  return load != nullptr && IsVtablePointer(*load);
}

// Counters of the profiler and the like.
bool IsCompilersOwn(const llvm::Value* pointer) {
  const auto* global = dyn_cast<llvm::GlobalVariable>(pointer->stripInBoundsOffsets());
  return global != nullptr &&
         (global->getName().starts_with("__llvm") || global->getName().starts_with("__prof"));
}

class Collector {
 public:
  Collector(const llvm::DataLayout& layout, bool leave_out, Accesses& accesses)
      : layout_(layout), leave_out_(leave_out), accesses_(accesses) {}

  void Take(llvm::Instruction& instruction) {
    if (instruction.hasMetadata(llvm::LLVMContext::MD_nosanitize)) return;
    if (auto* load = dyn_cast<llvm::LoadInst>(&instruction)) {
      if (load->isAtomic()) return accesses_.atomics.push_back(load);
      AddPlain(instruction, load->getPointerOperand(), load->getType(), false);
    } else if (auto* store = dyn_cast<llvm::StoreInst>(&instruction)) {
      if (store->isAtomic()) return accesses_.atomics.push_back(store);
      const bool is_vtable = IsVtablePointer(instruction);
      if (is_vtable && Counts(store->getPointerOperand())) {
        return accesses_.vtable_writes.push_back(store);
      }
      AddPlain(instruction, store->getPointerOperand(), store->getValueOperand()->getType(), true);
    } else if (isa<llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst, llvm::FenceInst>(instruction)) {
      accesses_.atomics.push_back(&instruction);
    } else if (auto* copy = dyn_cast<llvm::MemIntrinsic>(&instruction)) {
      AddCopy(*copy);
    }
  }

 private:
  static constexpr std::uint64_t kFewBytes = 64;

  void AddPlain(llvm::Instruction& at, llvm::Value* pointer, llvm::Type* type, bool is_write) {
    const llvm::TypeSize size = layout_.getTypeStoreSize(type);
    if (size.isScalable() || !Counts(pointer)) return;
    AddPieces(at, pointer, size.getFixedValue(), is_write);
  }

  void AddCopy(llvm::MemIntrinsic& copy) {
    const auto* length = dyn_cast<llvm::ConstantInt>(copy.getLength());
    if (length == nullptr || length->getZExtValue() > kFewBytes) {
      accesses_.copies.push_back(&copy);
      return;
    }
    if (auto* transfer = dyn_cast<llvm::MemTransferInst>(&copy)) {
      if (Counts(transfer->getRawSource())) {
        AddPieces(copy, transfer->getRawSource(), length->getZExtValue(), false);
      }
    }
    if (Counts(copy.getRawDest())) {
      AddPieces(copy, copy.getRawDest(), length->getZExtValue(), true);
    }
  }

  // In powers of two up to 16, for which there are hooks.
  void AddPieces(llvm::Instruction& at, llvm::Value* pointer, std::uint64_t bytes, bool is_write) {
    for (std::uint64_t offset = 0; offset < bytes;) {
      const std::uint64_t piece = std::min<std::uint64_t>(std::bit_floor(bytes - offset), 16);
      accesses_.plain.push_back(
          {&at, pointer, static_cast<std::int64_t>(offset), piece, is_write, at.getDebugLoc()});
      offset += piece;
    }
  }

  bool Counts(const llvm::Value* pointer) const { return !leave_out_ || MayBeShared(pointer); }

  const llvm::DataLayout& layout_;
  const bool leave_out_;
  Accesses& accesses_;
};

}  // namespace

bool MayBeShared(const llvm::Value* pointer) {
  if (pointer->getType()->getPointerAddressSpace() != 0 || pointer->isSwiftError()) return false;
  if (PointsToConstant(pointer) || IsCompilersOwn(pointer)) return false;
  const llvm::Value* object = llvm::getUnderlyingObject(pointer, 0);
  if (!isa<llvm::AllocaInst>(object)) return true;
  return llvm::PointerMayBeCaptured(object, /*ReturnCaptures=*/true, /*StoreCaptures=*/true);
}

bool MaySynchronise(const llvm::Instruction& instruction) {
  if (isa<llvm::IntrinsicInst>(instruction)) return false;
  if (const auto* call = dyn_cast<llvm::CallBase>(&instruction)) {
    // A function that reads at most its arguments' memory waits for nobody.
    return !call->onlyReadsMemory() || !call->doesNotThrow() ||
           !call->hasFnAttr(llvm::Attribute::WillReturn);
  }
  if (const auto* load = dyn_cast<llvm::LoadInst>(&instruction)) return load->isAtomic();
  if (const auto* store = dyn_cast<llvm::StoreInst>(&instruction)) return store->isAtomic();
  return isa<llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst, llvm::FenceInst>(instruction);
}

Accesses Collect(llvm::Function& function, bool leave_out) {
  Accesses accesses;
  Collector collector(function.getDataLayout(), leave_out, accesses);
  for (llvm::Instruction& instruction : llvm::instructions(function)) collector.Take(instruction);
  return accesses;
}

}  // namespace gordian::pass
