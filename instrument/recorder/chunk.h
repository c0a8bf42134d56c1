// The unit in which threads hand their events on: a stretch of words with one
// writer and a committed length that anybody may read.
//
// The layout is shared with the supervisor's process, so it holds no pointers.
// Readers may read `words[0 … committed)` at any time; the writer only appends.
#ifndef GORDIAN_INSTRUMENT_RECORDER_CHUNK_H_
#define GORDIAN_INSTRUMENT_RECORDER_CHUNK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "instrument/trace/ids.h"

namespace gordian::recorder {

enum class ChunkState : std::uint32_t {
  kFree = 0,
  kWriting = 1,  // its thread appends to it
  kFull = 2,     // its thread has moved on (or ended); nothing more will come
  kText = 3,     // no events: `committed` bytes of a text (RegionHeader::text)
};

struct ChunkHeader {
  std::atomic<std::uint64_t> committed{0};  // words that may be read
  std::atomic<ChunkState> state{ChunkState::kFree};
  trace::StreamId stream = 0;
  std::uint64_t sequence = 0;   // of this chunk within its stream, from 0
  std::uint64_t capacity = 0;   // words
  std::uint64_t next_free = 0;  // index + 1 of the free chunk below this one
  std::uint64_t os_thread = 0;  // who writes
  std::uint64_t reserved[2] = {};
};
static_assert(sizeof(ChunkHeader) == 64);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

struct Chunk {
  ChunkHeader header;
  std::uint64_t words[];
};

inline constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
inline constexpr std::size_t kChunkWords = (kChunkBytes - sizeof(ChunkHeader)) / 8;

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_CHUNK_H_
