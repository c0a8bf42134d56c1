#include "instrument/recorder/region_reader.h"

#include <algorithm>
#include <tuple>

namespace gordian::recorder {

struct RegionReader::Piece {
  trace::StreamId stream;
  std::uint64_t sequence;
  std::uint32_t chunk;
};

std::vector<RegionReader::Piece> RegionReader::Collect(DrainKind kind) {
  const std::uint32_t made = region_.made();
  read_.resize(std::max<std::size_t>(read_.size(), made));
  std::vector<Piece> pieces;
  for (std::uint32_t i = 0; i < made; ++i) {
    const ChunkHeader& header = region_.chunk(i).header;
    const ChunkState state = header.state.load(std::memory_order_acquire);
    if (state == ChunkState::kFull || (kind != DrainKind::kFull && state == ChunkState::kWriting)) {
      pieces.push_back({header.stream, header.sequence, i});
    }
  }
  std::ranges::sort(pieces, [](const Piece& a, const Piece& b) {
    return std::tie(a.stream, a.sequence) < std::tie(b.stream, b.sequence);
  });
  return pieces;
}

void RegionReader::Drain(DrainKind kind, const Take& take) {
  for (const Piece& piece : Collect(kind)) {
    // A chunk may have been filled behind Collect's back while its successor was seen.
    // The successor then waits for the next call.
    std::uint64_t& next = next_[piece.stream];
    if (piece.sequence != next && kind != DrainKind::kLast) continue;
    Chunk& chunk = region_.chunk(piece.chunk);
    // The state first: what a full chunk has committed is final.
    const bool full = chunk.header.state.load(std::memory_order_acquire) == ChunkState::kFull;
    const std::uint64_t committed = std::min<std::uint64_t>(
        chunk.header.committed.load(std::memory_order_acquire), kChunkWords);
    std::uint64_t& read = read_[piece.chunk];
    if (committed > read) {
      take(piece.stream, std::span(chunk.words + read, committed - read));
      read = committed;
    }
    if (!full) continue;
    ++next;
    if (!recycle_) continue;
    read = 0;
    region_.header().full.fetch_sub(1, std::memory_order_relaxed);
    region_.PushFree(piece.chunk);
  }
}

std::uint64_t RegionReader::Activity() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < region_.made(); ++i) {
    const ChunkHeader& header = region_.chunk(i).header;
    // Odd multipliers, so that a recycled chunk does not cancel out its successor.
    sum += header.committed.load(std::memory_order_relaxed) * 0x9E3779B97F4A7C15u +
           (header.sequence + header.stream * 0x10001u) * 0xC2B2AE3D27D4EB4Fu;
  }
  return sum;
}

std::vector<std::uint64_t> RegionReader::Threads() const {
  std::vector<std::uint64_t> threads;
  for (std::uint32_t i = 0; i < region_.made(); ++i) {
    const ChunkHeader& header = region_.chunk(i).header;
    if (header.state.load(std::memory_order_acquire) == ChunkState::kWriting) {
      threads.push_back(header.os_thread);
    }
  }
  return threads;
}

}  // namespace gordian::recorder
