// What the race detector remembers of each byte: two words per variable, fewer per array.
//
// Memory is cut into pages, pages into lines, lines into pieces, each only as far as accesses tell
// parts of it apart; a page, a line or a piece has one cell. A sweep over an array is one visit per
// page, and an access to one of many integers finds its piece by address. A line or page that is
// visited as a whole, and is the same everywhere afterwards, becomes one again.
//
// Limits    64 GiB of the address space, in regions of 1 MiB; in it 4 GiB in pages that were told
//           apart, and 2^27 pieces. Accesses beyond are passed over, so that a damaged trace takes
//           2 GiB at most.
// Locking   none.
// Cost      constant per piece, line or page visited. 8 bytes per piece, at most 10 more per 64
// bytes
//           of a page that was told apart, 16 per page, 4 KiB per region.
#ifndef GORDIAN_DETECTOR_ANALYSIS_SHADOW_MEMORY_H_
#define GORDIAN_DETECTOR_ANALYSIS_SHADOW_MEMORY_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {

// Numbers that the owner gives; 0 is nothing.
struct Cell {
  std::uint32_t write = 0;
  std::uint32_t others = 0;

  bool empty() const { return write == 0 && others == 0; }
  friend bool operator==(const Cell&, const Cell&) = default;
};

class ShadowMemory {
 public:
  // Calls visit(cell, address) for each run of bytes in [address, address + bytes) that share a
  // cell, from the lowest. The visit may change the cell.
  template <typename Visit>
  void ForEach(std::uint64_t address, std::uint64_t bytes, Visit&& visit) {
    ForEachPart(address, bytes, kRegionBits, [&](std::uint64_t at, std::uint64_t size) {
      if (Region* region = RegionAt(at)) VisitRegion(*region, at, size, visit);
    });
  }

  // Forgets all about these bytes.
  void Clear(std::uint64_t address, std::uint64_t bytes);

  // Every cell there is, in no order.
  template <typename Visit>
  void ForAll(Visit&& visit);

  std::size_t pieces() const { return pieces_; }  // cells of lines that were told apart

 private:
  static constexpr int kRegionBits = 20, kPageBits = 12, kLineBits = 6, kWordBits = 3;
  static constexpr std::size_t kMaxRegions = std::size_t{1} << 16;
  static constexpr std::size_t kMaxLinedPages = std::size_t{1} << 20;
  static constexpr std::size_t kMaxPieces = std::size_t{1} << 27;
  static constexpr std::size_t kPages = std::size_t{1} << (kRegionBits - kPageBits);
  static constexpr std::size_t kLines = std::size_t{1} << (kPageBits - kLineBits);
  static constexpr std::size_t kRecent = 16;

  // One cell, or several: as many as bytes of 2^bits go into a line.
  union Line {
    Cell cell{};
    Cell* pieces;
  };
  struct Lines {
    Lines(ShadowMemory& owner, const Cell& cell) : owner(owner) {
      ++owner.lined_pages_;
      bits.fill(kLineBits);
      line.fill(Line{cell});
    }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;
    ~Lines() {
      for (std::size_t i = 0; i < kLines; ++i) Merge(i, Cell());
      --owner.lined_pages_;
    }

    static std::size_t Count(int bits) { return std::size_t{1} << (kLineBits - bits); }
    void Split(std::size_t i, int to);
    void Merge(std::size_t i, Cell cell);
    // Makes a line of pieces that are all the same one cell again.
    void TryMerge(std::size_t i);
    bool AllAre(const Cell& cell) const;

    ShadowMemory& owner;
    std::array<std::uint8_t, kLines> bits;
    std::array<Line, kLines> line;
  };
  struct Page {
    Cell cell;
    std::unique_ptr<Lines> lines;  // instead of `cell`
  };
  struct Region {
    std::array<Page, kPages> pages;
  };
  struct Recent {
    std::uint64_t number = ~std::uint64_t{0};
    Region* region = nullptr;
  };

  // The parts of the bytes, by the blocks of 2^bits that they lie in. `bytes` must not be 0 nor
  // leave the address space.
  template <typename Part>
  static void ForEachPart(std::uint64_t address, std::uint64_t bytes, int bits, Part&& part) {
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    while (bytes > 0) {
      const std::uint64_t size = std::min(bytes, mask - (address & mask) + 1);
      part(address, size);
      address += size;
      bytes -= size;
    }
  }

  Region* RegionAt(std::uint64_t address) {
    const std::uint64_t number = address >> kRegionBits;
    Recent& recent = recent_[number % kRecent];
    return recent.number == number ? recent.region : FindRegion(number, recent);
  }
  Region* FindRegion(std::uint64_t number, Recent& recent);
  void ClearRegion(Region& region, std::uint64_t address, std::uint64_t bytes);

  template <typename Visit>
  void VisitRegion(Region& region, std::uint64_t address, std::uint64_t bytes, Visit& visit) {
    ForEachPart(address, bytes, kPageBits, [&](std::uint64_t at, std::uint64_t size) {
      Page& page = region.pages[(at >> kPageBits) % kPages];
      const bool whole = size == std::uint64_t{1} << kPageBits;
      if (page.lines == nullptr) {
        if (whole) return visit(page.cell, at);
        if (lined_pages_ >= kMaxLinedPages) return;
        page.lines = std::make_unique<Lines>(*this, page.cell);
      }
      VisitPage(*page.lines, at, size, visit);
      if (!whole || page.lines->bits[0] != kLineBits) return;
      const Cell first = page.lines->line[0].cell;
      if (!page.lines->AllAre(first)) return;
      page.lines.reset();
      page.cell = first;
    });
  }

  template <typename Visit>
  void VisitPage(Lines& lines, std::uint64_t address, std::uint64_t bytes, Visit& visit) {
    ForEachPart(address, bytes, kLineBits, [&](std::uint64_t at, std::uint64_t size) {
      const std::size_t i = (at >> kLineBits) % kLines;
      const bool whole = size == std::uint64_t{1} << kLineBits;
      if (lines.bits[i] == kLineBits && whole) return visit(lines.line[i].cell, at);
      const int needed = FinestOf(at | size);
      if (lines.bits[i] > needed && !whole) {
        if (pieces_ >= kMaxPieces) return;
        lines.Split(i, needed);
      }
      const int bits = lines.bits[i];
      const std::uint64_t offset = at % (std::uint64_t{1} << kLineBits);
      Cell* const pieces = lines.line[i].pieces;
      for (std::uint64_t n = offset >> bits; n < (offset + size) >> bits; ++n) {
        visit(pieces[n], at - offset + (n << bits));
      }
      if (whole) lines.TryMerge(i);
    });
  }

  // The largest piece, a word at most, that an access with these low bits goes into evenly.
  static int FinestOf(std::uint64_t low_bits) {
    return std::countr_zero(low_bits | (std::uint64_t{1} << kWordBits));
  }

  std::size_t pieces_ = 0;
  std::size_t lined_pages_ = 0;  // that were told apart
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Region>> regions_;
  std::array<Recent, kRecent> recent_;
};

template <typename Visit>
void ShadowMemory::ForAll(Visit&& visit) {
  for (auto& [number, region] : regions_) {
    for (Page& page : region->pages) {
      if (page.lines == nullptr) {
        visit(page.cell);
        continue;
      }
      Lines& lines = *page.lines;
      for (std::size_t i = 0; i < kLines; ++i) {
        if (lines.bits[i] == kLineBits) {
          visit(lines.line[i].cell);
          continue;
        }
        for (std::size_t n = 0; n < Lines::Count(lines.bits[i]); ++n)
          visit(lines.line[i].pieces[n]);
      }
    }
  }
}

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_SHADOW_MEMORY_H_
