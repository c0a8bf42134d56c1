#include <sys/mman.h>

#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "instrument/recorder/own_mutex.h"
#include "instrument/recorder/session.h"

namespace gordian::recorder {
namespace {

// Smaller than a supervisor's: a test has many short threads.
constexpr std::size_t kMemoryChunkBytes = std::size_t{128} << 10;

struct Stream {
  std::vector<Chunk*> chunks;  // oldest first; all but the last are full
  std::uint64_t read = 0;      // words of the first that were handed out
};

}  // namespace

// `read` calls happen outside the lock, so that recording goes on meanwhile.
struct MemorySink::State {
  OwnMutex mutex;
  std::map<trace::StreamId, Stream> streams;
};

MemorySink::MemorySink() : state_(std::make_unique<State>()) {}

// Chunks that a thread still writes to are left to it: it may be in the middle of an event.
MemorySink::~MemorySink() {
  for (auto& [id, stream] : state_->streams) {
    for (Chunk* chunk : stream.chunks) {
      if (chunk->header.state.load(std::memory_order_acquire) == ChunkState::kFull) {
        munmap(chunk, kMemoryChunkBytes);
      }
    }
  }
}

Chunk* MemorySink::Take(trace::StreamId stream, std::uint64_t sequence) {
  void* memory =
      mmap(nullptr, kMemoryChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* chunk = static_cast<Chunk*>(memory);
  new (&chunk->header) ChunkHeader;
  chunk->header.state.store(ChunkState::kWriting, std::memory_order_relaxed);
  chunk->header.stream = stream;
  chunk->header.sequence = sequence;
  chunk->header.capacity = (kMemoryChunkBytes - sizeof(ChunkHeader)) / 8;
  std::lock_guard lock(state_->mutex);
  state_->streams[stream].chunks.push_back(chunk);
  return chunk;
}

void MemorySink::Give(Chunk*) {}  // Drain sees the state.

void MemorySink::Drain(
    const std::function<void(trace::StreamId, std::span<const std::uint64_t>)>& read) {
  struct Piece {
    trace::StreamId stream;
    Chunk* chunk;
    std::uint64_t from, to;
    bool done;
  };
  std::vector<Piece> pieces;
  {
    std::lock_guard lock(state_->mutex);
    for (auto& [id, stream] : state_->streams) {
      std::size_t done = 0;
      for (Chunk* chunk : stream.chunks) {
        // The state first: what a full chunk has committed is final.
        const bool full = chunk->header.state.load(std::memory_order_acquire) == ChunkState::kFull;
        const std::uint64_t to = chunk->header.committed.load(std::memory_order_acquire);
        pieces.push_back({id, chunk, stream.read, to, full});
        stream.read = full ? 0 : to;
        if (!full) break;
        ++done;
      }
      stream.chunks.erase(stream.chunks.begin(),
                          stream.chunks.begin() + static_cast<std::ptrdiff_t>(done));
    }
    std::erase_if(state_->streams, [](const auto& entry) { return entry.second.chunks.empty(); });
  }
  for (const Piece& piece : pieces) {
    if (piece.to > piece.from) {
      read(piece.stream, std::span(piece.chunk->words + piece.from, piece.to - piece.from));
    }
    if (piece.done) munmap(piece.chunk, kMemoryChunkBytes);
  }
}

}  // namespace gordian::recorder
