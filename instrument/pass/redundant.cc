#include "instrument/pass/redundant.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/DataLayout.h"

namespace gordian::pass {
namespace {

using llvm::BitVector;

// Bytes that accesses are about: from a pointer's value on.
struct Place {
  llvm::Value* base = nullptr;
  std::int64_t offset = 0;
  std::uint64_t bytes = 0;

  bool Covers(const Place& other) const {
    return base == other.base && offset <= other.offset &&
           other.offset + static_cast<std::int64_t>(other.bytes) <=
               offset + static_cast<std::int64_t>(bytes);
  }
};

Place PlaceOf(const Access& access, const llvm::DataLayout& layout) {
  llvm::APInt offset(layout.getIndexTypeSizeInBits(access.pointer->getType()), 0);
  llvm::Value* base =
      access.pointer->stripAndAccumulateConstantOffsets(layout, offset, /*AllowNonInbounds=*/true);
  return {base, offset.getSExtValue() + access.offset, access.bytes};
}

// Two facts a place: it is accessed, and it is written.
class Flow {
 public:
  Flow(llvm::Function& function, llvm::SmallVectorImpl<Access>& accesses)
      : function_(function), accesses_(accesses) {
    const llvm::DataLayout& layout = function.getDataLayout();
    for (std::size_t i = 0; i < accesses.size(); ++i) {
      place_of_.push_back(Number(PlaceOf(accesses[i], layout)));
      at_[accesses[i].at].push_back(i);
    }
    for (const Place& place : places_) {
      if (llvm::isa<llvm::Instruction>(place.base)) bases_[place.base];
    }
    if (places_.size() > kMostPlaces) return;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      BitVector covered(2 * places_.size());
      for (std::size_t j = 0; j < places_.size(); ++j) {
        if (places_[i].Covers(places_[j])) covered.set(2 * j);
      }
      covered_.push_back(std::move(covered));
      const auto base = bases_.find(places_[i].base);
      if (base == bases_.end()) continue;
      base->second.resize(2 * places_.size());
      base->second.set(2 * i, 2 * i + 2);
    }
  }

  bool fits() const { return places_.size() <= kMostPlaces; }

  // Drops what is stood for by something before it, or behind it.
  void Drop(bool forwards) {
    dropped_.assign(accesses_.size(), false);
    const Blocks order = Order(forwards);
    Facts known;
    if (forwards) {
      Settle(order, forwards, /*at_first=*/true, known);
    } else {
      // What comes behind a loop without an end never comes: nothing is known until it is seen.
      const auto [endless, ending] = ByEnd(order);
      Settle(endless, forwards, /*at_first=*/false, known);
      Settle(ending, forwards, /*at_first=*/true, known);
    }
    for (llvm::BasicBlock* block : order) {
      BitVector facts = Entering(*block, forwards, known);
      Pass(*block, forwards, facts, /*drop=*/true);
    }
    Compact();
  }

 private:
  using Blocks = std::vector<llvm::BasicBlock*>;
  using Facts = llvm::DenseMap<llvm::BasicBlock*, BitVector>;  // at each block's far end

  std::size_t Number(const Place& place) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].Covers(place) && place.Covers(places_[i])) return i;
    }
    if (places_.size() <= kMostPlaces) places_.push_back(place);
    return places_.size() - 1;
  }

  Blocks Order(bool forwards) {
    Blocks order;
    for (llvm::BasicBlock* block : llvm::post_order(&function_)) order.push_back(block);
    if (forwards) std::reverse(order.begin(), order.end());
    return order;
  }

  // The blocks that no way leads out of, and the others.
  static std::pair<Blocks, Blocks> ByEnd(const Blocks& order) {
    llvm::SmallPtrSet<llvm::BasicBlock*, 16> ends;
    llvm::SmallVector<llvm::BasicBlock*, 16> pending;
    for (llvm::BasicBlock* block : order) {
      if (llvm::succ_empty(block)) pending.push_back(block);
    }
    while (!pending.empty()) {
      llvm::BasicBlock* block = pending.pop_back_val();
      if (!ends.insert(block).second) continue;
      pending.append(llvm::pred_begin(block), llvm::pred_end(block));
    }
    std::pair<Blocks, Blocks> parts;
    for (llvm::BasicBlock* block : order) {
      (ends.contains(block) ? parts.second : parts.first).push_back(block);
    }
    return parts;
  }

  // Until no block's facts change; `at_first` all hold, or none.
  void Settle(const Blocks& blocks, bool forwards, bool at_first, Facts& known) {
    for (llvm::BasicBlock* block : blocks) known[block] = BitVector(2 * places_.size(), at_first);
    for (bool changed = true; changed;) {
      changed = false;
      for (llvm::BasicBlock* block : blocks) {
        BitVector facts = Entering(*block, forwards, known);
        Pass(*block, forwards, facts, /*drop=*/false);
        if (facts == known[block]) continue;
        known[block] = std::move(facts);
        changed = true;
      }
    }
  }

  // What holds on every way into the block, in the direction of the flow.
  BitVector Entering(llvm::BasicBlock& block, bool forwards, Facts& known) {
    BitVector facts(2 * places_.size(), true);
    bool any = false;
    const auto join = [&](llvm::BasicBlock* neighbour) {
      any = true;
      const auto found = known.find(neighbour);
      if (found != known.end()) facts &= found->second;
    };
    if (forwards) {
      for (llvm::BasicBlock* before : llvm::predecessors(&block)) join(before);
    } else {
      for (llvm::BasicBlock* after : llvm::successors(&block)) join(after);
    }
    if (!any || (forwards && block.isEntryBlock())) facts.reset();
    return facts;
  }

  void Pass(llvm::BasicBlock& block, bool forwards, BitVector& facts, bool drop) {
    if (forwards) {
      for (llvm::Instruction& instruction : block) {
        TakeAccesses(instruction, facts, drop);
        TakeInstruction(instruction, facts);
      }
    } else {
      for (llvm::Instruction& instruction : llvm::reverse(block)) {
        TakeInstruction(instruction, facts);
        TakeAccesses(instruction, facts, drop);
      }
    }
  }

  // Whatever synchronises ends every fact; a pointer that is computed anew, those about it.
  void TakeInstruction(llvm::Instruction& instruction, BitVector& facts) {
    if (MaySynchronise(instruction)) facts.reset();
    const auto base = bases_.find(&instruction);
    if (base != bases_.end()) facts.reset(base->second);
  }

  void TakeAccesses(llvm::Instruction& instruction, BitVector& facts, bool drop) {
    const auto found = at_.find(&instruction);
    if (found == at_.end()) return;
    for (const std::size_t access : found->second) {
      const std::size_t place = place_of_[access];
      const bool is_write = accesses_[access].is_write;
      if (drop && facts.test(2 * place + (is_write ? 1 : 0))) dropped_[access] = true;
      facts |= covered_[place];
      if (is_write) {
        for (const unsigned fact : covered_[place].set_bits()) facts.set(fact + 1);
      }
    }
  }

  void Compact() {
    llvm::SmallVector<Access, 32> kept;
    llvm::SmallVector<std::size_t, 32> places;
    at_.clear();
    for (std::size_t i = 0; i < accesses_.size(); ++i) {
      if (dropped_[i]) continue;
      at_[accesses_[i].at].push_back(kept.size());
      kept.push_back(accesses_[i]);
      places.push_back(place_of_[i]);
    }
    accesses_.assign(kept.begin(), kept.end());
    place_of_ = std::move(places);
  }

  llvm::Function& function_;
  llvm::SmallVectorImpl<Access>& accesses_;
  std::vector<Place> places_;
  llvm::SmallVector<std::size_t, 32> place_of_;  // of each access
  std::vector<BitVector> covered_;               // by each place: that they are accessed
  llvm::DenseMap<llvm::Value*, BitVector> bases_;
  llvm::DenseMap<llvm::Instruction*, llvm::SmallVector<std::size_t, 2>> at_;
  std::vector<bool> dropped_;
};

// Accesses of one line to bytes beside each other, with nothing between that synchronises.
class Neighbours {
 public:
  Neighbours(llvm::Function& function, llvm::SmallVectorImpl<Access>& accesses)
      : layout_(function.getDataLayout()), accesses_(accesses) {}

  void Merge() {
    llvm::SmallVector<Access, 32> merged;
    for (std::size_t begin = 0; begin < accesses_.size();) {
      std::size_t end = begin + 1;
      while (end < accesses_.size() && Belongs(accesses_[begin], accesses_[end])) ++end;
      MergeGroup(begin, end, merged);
      begin = end;
    }
    accesses_.assign(merged.begin(), merged.end());
  }

 private:
  // Accesses come in the order of the program.
  bool Belongs(const Access& first, const Access& next) const {
    if (first.at->getParent() != next.at->getParent() || first.is_write != next.is_write) {
      return false;
    }
    if (first.line && next.line && first.line.getLine() != next.line.getLine()) return false;
    if (PlaceOf(first, layout_).base != PlaceOf(next, layout_).base) return false;
    for (llvm::Instruction* at = first.at; at != next.at; at = at->getNextNode()) {
      if (MaySynchronise(*at)) return false;
    }
    return true;
  }

  void MergeGroup(std::size_t begin, std::size_t end, llvm::SmallVectorImpl<Access>& merged) {
    llvm::SmallVector<Place, 8> places;
    for (std::size_t i = begin; i < end; ++i) places.push_back(PlaceOf(accesses_[i], layout_));
    llvm::sort(places, [](const Place& a, const Place& b) {
      return std::tie(a.offset, a.bytes) < std::tie(b.offset, b.bytes);
    });
    for (std::size_t i = 0; i < places.size();) {
      std::int64_t from = places[i].offset;
      std::int64_t to = from;
      for (; i < places.size() && places[i].offset <= to; ++i) {
        to = std::max(to, places[i].offset + static_cast<std::int64_t>(places[i].bytes));
      }
      while (from < to) {
        Access piece = accesses_[begin];
        piece.pointer = places[0].base;
        piece.offset = from;
        piece.bytes =
            std::min<std::uint64_t>(std::bit_floor(static_cast<std::uint64_t>(to - from)), 16);
        merged.push_back(piece);
        from += static_cast<std::int64_t>(piece.bytes);
      }
    }
  }

  const llvm::DataLayout& layout_;
  llvm::SmallVectorImpl<Access>& accesses_;
};

}  // namespace

void DropRedundant(llvm::Function& function, llvm::SmallVectorImpl<Access>& accesses) {
  Flow flow(function, accesses);
  if (!flow.fits()) return;
  flow.Drop(/*forwards=*/true);
  flow.Drop(/*forwards=*/false);
  Neighbours(function, accesses).Merge();
}

}  // namespace gordian::pass
