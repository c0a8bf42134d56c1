// A recording with no reader behind it: what it costs the program itself.
//
// A full chunk is kept and handed to the next thread that needs one.
#ifndef GORDIAN_TESTS_BENCH_RECYCLING_SINK_H_
#define GORDIAN_TESTS_BENCH_RECYCLING_SINK_H_

#include <mutex>
#include <vector>

#include "instrument/recorder/session.h"

namespace gordian::bench {

class RecyclingSink final : public recorder::Sink {
 public:
  recorder::Chunk* Take(trace::StreamId stream, std::uint64_t sequence) override {
    recorder::Chunk* chunk = nullptr;
    {
      std::lock_guard lock(mutex_);
      if (!spare_.empty()) {
        chunk = spare_.back();
        spare_.pop_back();
      }
    }
    if (chunk == nullptr) chunk = memory_.Take(stream, sequence);
    if (chunk == nullptr) return nullptr;
    chunk->header.stream = stream;
    chunk->header.sequence = sequence;
    chunk->header.committed.store(0, std::memory_order_relaxed);
    chunk->header.state.store(recorder::ChunkState::kWriting, std::memory_order_relaxed);
    return chunk;
  }
  void Give(recorder::Chunk* chunk) override {
    std::lock_guard lock(mutex_);
    spare_.push_back(chunk);
  }

 private:
  std::mutex mutex_;
  std::vector<recorder::Chunk*> spare_;
  recorder::MemorySink memory_;
};

// Records into one such sink as long as it lives.
class Recording {
 public:
  Recording() { recorder::Start(&Sink()); }
  ~Recording() { recorder::Stop(); }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  static RecyclingSink& Sink() {
    static RecyclingSink& sink = *new RecyclingSink;
    return sink;
  }
};

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_RECYCLING_SINK_H_
