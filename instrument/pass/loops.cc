#include "instrument/pass/loops.h"

#include <bit>

#include "llvm/ADT/DenseMap.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

namespace gordian::pass {
namespace {

using llvm::Loop;
using llvm::SCEV;

// `count` pieces of `bytes`, `stride` apart, from `start` on.
struct Range {
  Access access;
  llvm::BasicBlock* before = nullptr;  // its end: told of there
  const SCEV* start = nullptr;
  const SCEV* bytes = nullptr;
  const SCEV* stride = nullptr;
  const SCEV* count = nullptr;
  bool gone = false;  // another one stands for it

  bool SamePieces(const Range& other) const {
    return before == other.before && stride == other.stride && count == other.count;
  }
};

class Planner {
 public:
  Planner(llvm::LoopInfo& loops, llvm::DominatorTree& dominators, llvm::ScalarEvolution& evolution)
      : loops_(loops),
        dominators_(dominators),
        evolution_(evolution),
        word_(llvm::Type::getInt64Ty(evolution.getContext())) {}

  // Moves the access out of as many loops as it can be; false where that is none.
  bool Plan(const Access& access, Range& range) {
    Loop* loop = loops_.getLoopFor(access.at->getParent());
    if (loop == nullptr) return false;
    const SCEV* pointer = evolution_.getPtrToIntExpr(evolution_.getSCEV(access.pointer), word_);
    if (llvm::isa<llvm::SCEVCouldNotCompute>(pointer)) return false;
    range = {.access = access,
             .before = access.at->getParent(),
             .start = evolution_.getAddExpr(
                 pointer, evolution_.getConstant(word_, static_cast<std::uint64_t>(access.offset),
                                                 /*isSigned=*/true)),
             .bytes = evolution_.getConstant(word_, access.bytes),
             .stride = evolution_.getConstant(word_, access.bytes),
             .count = evolution_.getOne(word_)};
    bool moved = false;
    while (loop != nullptr && EveryTurnPasses(*loop, range.before) && Widen(*loop, range)) {
      range.before = loop->getLoopPreheader();
      loop = loop->getParentLoop();
      moved = true;
    }
    return moved;
  }

  // Ranges that lie beside or in each other become one.
  void Merge(llvm::SmallVectorImpl<Range>& ranges) {
    for (bool changed = true; changed;) {
      changed = false;
      for (Range& one : ranges) {
        for (Range& other : ranges) {
          if (&one != &other && !one.gone && !other.gone && Absorb(one, other)) changed = true;
        }
      }
    }
    llvm::erase_if(ranges, [](const Range& range) { return range.gone; });
  }

 private:
  // Whether each turn of the loop, and there are as many as are known on entry, passes the block.
  bool EveryTurnPasses(Loop& loop, llvm::BasicBlock* block) {
    llvm::BasicBlock* latch = loop.getLoopLatch();
    return loop.getLoopPreheader() != nullptr && latch != nullptr &&
           loop.getExitingBlock() == latch && dominators_.dominates(block, latch) &&
           !Synchronises(loop);
  }

  bool Synchronises(Loop& loop) {
    const auto [known, is_new] = synchronises_.try_emplace(&loop, false);
    if (!is_new) return known->second;
    bool synchronises = false;
    for (llvm::BasicBlock* block : loop.blocks()) {
      for (const llvm::Instruction& instruction : *block) {
        synchronises = synchronises || MaySynchronise(instruction);
      }
    }
    return synchronises_[&loop] = synchronises;
  }

  // What all turns of the loop together access, where the pieces stay equal.
  bool Widen(Loop& loop, Range& range) {
    for (const SCEV* size : {range.bytes, range.stride, range.count}) {
      if (!evolution_.isLoopInvariant(size, &loop)) return false;
    }
    if (evolution_.isLoopInvariant(range.start, &loop)) return true;
    const auto* moving = llvm::dyn_cast<llvm::SCEVAddRecExpr>(range.start);
    const SCEV* turns = evolution_.getBackedgeTakenCount(&loop);
    if (moving == nullptr || moving->getLoop() != &loop || !moving->isAffine() ||
        llvm::isa<llvm::SCEVCouldNotCompute>(turns) ||
        evolution_.getTypeSizeInBits(turns->getType()) > 64) {
      return false;
    }
    turns = evolution_.getNoopOrZeroExtend(turns, word_);
    const SCEV* count = evolution_.getAddExpr(turns, evolution_.getOne(word_));
    const SCEV* step = moving->getStepRecurrence(evolution_);
    if (range.count->isOne()) return WidenOne(*moving, step, turns, count, range);
    if (step == evolution_.getMulExpr(range.stride, range.count)) {
      range.count = evolution_.getMulExpr(range.count, count);  // row behind row
    } else if (step == range.bytes &&
               evolution_.isKnownPredicate(llvm::ICmpInst::ICMP_ULE,
                                           evolution_.getMulExpr(step, count), range.stride)) {
      range.bytes = evolution_.getMulExpr(step, count);  // column beside column
    } else {
      return false;
    }
    range.start = moving->getStart();
    return true;
  }

  // A single access; backwards, the last turn has the lowest address.
  bool WidenOne(const llvm::SCEVAddRecExpr& moving, const SCEV* step, const SCEV* turns,
                const SCEV* count, Range& range) {
    const SCEV* zero = evolution_.getZero(word_);
    const SCEV* back = evolution_.getSMinExpr(step, zero);
    range.start = evolution_.getAddExpr(moving.getStart(), evolution_.getMulExpr(back, turns));
    range.stride = evolution_.getSMaxExpr(step, evolution_.getNegativeSCEV(step));
    range.count = count;
    return true;
  }

  // Whether `other` is in `one` now.
  bool Absorb(Range& one, Range& other) {
    if (!one.SamePieces(other)) return false;
    if (one.start == other.start && one.bytes == other.bytes &&
        one.access.is_write >= other.access.is_write) {
      return other.gone = true;
    }
    const SCEV* end = evolution_.getAddExpr(one.start, one.bytes);
    const SCEV* both = evolution_.getAddExpr(one.bytes, other.bytes);
    const bool beside = one.access.is_write == other.access.is_write && end == other.start &&
                        evolution_.isKnownPredicate(llvm::ICmpInst::ICMP_ULE, both, one.stride);
    if (!beside) return false;
    one.bytes = both;
    return other.gone = true;
  }

  llvm::LoopInfo& loops_;
  llvm::DominatorTree& dominators_;
  llvm::ScalarEvolution& evolution_;
  llvm::Type* word_;
  llvm::DenseMap<Loop*, bool> synchronises_;
};

// Puts what a plan says into the program.
class Writer {
 public:
  Writer(llvm::ScalarEvolution& evolution, const llvm::DataLayout& layout)
      : expander_(evolution, layout, "gordian") {}

  bool CanWrite(const Range& range) {
    const llvm::Instruction* at = range.before->getTerminator();
    for (const SCEV* value : {range.start, range.bytes, range.stride, range.count}) {
      if (!expander_.isSafeToExpandAt(value, at)) return false;
    }
    return true;
  }

  // An access that is still one; false where it is a range, which is told of at once.
  bool Write(const Range& range, Emitter& emitter, Access& moved) {
    llvm::Instruction* at = range.before->getTerminator();
    llvm::IRBuilder<> builder(at);
    llvm::Value* address = builder.CreateIntToPtr(Expand(range.start, at), builder.getPtrTy());
    const auto* bytes = llvm::dyn_cast<llvm::SCEVConstant>(range.bytes);
    if (range.count->isOne() && bytes != nullptr) {
      const std::uint64_t known = bytes->getAPInt().getZExtValue();
      if (std::has_single_bit(known) && known <= 16) {
        moved = {at, address, 0, known, range.access.is_write, range.access.line};
        return true;
      }
    }
    emitter.TellRange({at, address, Expand(range.bytes, at), Expand(range.stride, at),
                       Expand(range.count, at), range.access.is_write, range.access.line});
    return false;
  }

 private:
  llvm::Value* Expand(const SCEV* value, llvm::Instruction* at) {
    return expander_.expandCodeFor(value, value->getType(), at);
  }

  llvm::SCEVExpander expander_;
};

}  // namespace

void TellLoops(llvm::SmallVectorImpl<Access>& accesses, Emitter& emitter, llvm::LoopInfo& loops,
               llvm::DominatorTree& dominators, llvm::ScalarEvolution& evolution) {
  if (accesses.empty() || loops.empty()) return;
  Planner planner(loops, dominators, evolution);
  Writer writer(evolution, accesses[0].at->getModule()->getDataLayout());
  llvm::SmallVector<Range, 16> ranges;
  llvm::erase_if(accesses, [&](const Access& access) {
    Range range;
    if (!planner.Plan(access, range) || !writer.CanWrite(range)) return false;
    ranges.push_back(range);
    return true;
  });
  planner.Merge(ranges);
  for (const Range& range : ranges) {
    Access moved;
    if (writer.Write(range, emitter, moved)) accesses.push_back(moved);
  }
}

}  // namespace gordian::pass
