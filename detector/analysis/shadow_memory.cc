#include "detector/analysis/shadow_memory.h"

#include <algorithm>

namespace gordian::detector {

void ShadowMemory::Lines::Split(std::size_t i, int to) {
  const int from = bits[i];
  Cell* const pieces = new Cell[Count(to)];
  for (std::size_t n = 0; n < Count(to); ++n) {
    pieces[n] = from == kLineBits ? line[i].cell : line[i].pieces[n >> (from - to)];
  }
  owner.pieces_ += Count(to);
  Merge(i, Cell());
  line[i].pieces = pieces;
  bits[i] = static_cast<std::uint8_t>(to);
}

void ShadowMemory::Lines::Merge(std::size_t i, Cell cell) {
  if (bits[i] != kLineBits) {
    owner.pieces_ -= Count(bits[i]);
    delete[] line[i].pieces;
    bits[i] = kLineBits;
  }
  line[i].cell = cell;
}

void ShadowMemory::Lines::TryMerge(std::size_t i) {
  const Cell* const pieces = line[i].pieces;
  for (std::size_t n = 1; n < Count(bits[i]); ++n) {
    if (pieces[n] != pieces[0]) return;
  }
  Merge(i, pieces[0]);
}

bool ShadowMemory::Lines::AllAre(const Cell& cell) const {
  for (std::size_t i = 0; i < kLines; ++i) {
    if (bits[i] != kLineBits || line[i].cell != cell) return false;
  }
  return true;
}

ShadowMemory::Region* ShadowMemory::FindRegion(std::uint64_t number, Recent& recent) {
  auto found = regions_.find(number);
  if (found == regions_.end()) {
    if (regions_.size() >= kMaxRegions) return nullptr;
    found = regions_.emplace(number, std::make_unique<Region>()).first;
  }
  recent = {number, found->second.get()};
  return recent.region;
}

void ShadowMemory::Clear(std::uint64_t address, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::uint64_t first = address >> kRegionBits;
  const std::uint64_t last = (address + (bytes - 1)) >> kRegionBits;
  const auto clear = [&](std::uint64_t number, Region& region) {
    const std::uint64_t begin = std::max(address, number << kRegionBits);
    const std::uint64_t region_last =
        (number << kRegionBits) + ((std::uint64_t{1} << kRegionBits) - 1);
    const std::uint64_t end_last = std::min(address + (bytes - 1), region_last);
    ClearRegion(region, begin, end_last - begin + 1);
  };
  if (last - first >= regions_.size()) {
    for (auto& [number, region] : regions_) {
      if (number >= first && number <= last) clear(number, *region);
    }
    return;
  }
  for (std::uint64_t number = first; number <= last; ++number) {
    const auto found = regions_.find(number);
    if (found != regions_.end()) clear(number, *found->second);
  }
}

// Parts that nobody has touched are not told apart for that.
void ShadowMemory::ClearRegion(Region& region, std::uint64_t address, std::uint64_t bytes) {
  ForEachPart(address, bytes, kPageBits, [&](std::uint64_t at, std::uint64_t size) {
    Page& page = region.pages[(at >> kPageBits) % kPages];
    if (size == std::uint64_t{1} << kPageBits) {
      page = Page();
    } else if (page.lines != nullptr || !page.cell.empty()) {
      const auto clear = [](Cell& cell, std::uint64_t) { cell = Cell(); };
      if (page.lines == nullptr) page.lines = std::make_unique<Lines>(*this, page.cell);
      ForEachPart(at, size, kLineBits, [&](std::uint64_t from, std::uint64_t part) {
        const std::size_t i = (from >> kLineBits) % kLines;
        if (page.lines->bits[i] == kLineBits && page.lines->line[i].cell.empty()) return;
        VisitPage(*page.lines, from, part, clear);
      });
    }
  });
}

}  // namespace gordian::detector
