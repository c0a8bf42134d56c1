// What the reader keeps per stream, per object and per task, and what it may wait for.
#ifndef GORDIAN_DETECTOR_READER_STREAMS_H_
#define GORDIAN_DETECTOR_READER_STREAMS_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "detector/reader/sleepers.h"
#include "detector/reader/wait_rules.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

using StreamIndex = std::uint32_t;  // dense, in order of first feeding
inline constexpr StreamIndex kNoStream = std::numeric_limits<StreamIndex>::max();

// A wait that a record with flag `for` completes: whose, on what, of which kind.
struct CompletionKey {
  trace::TaskId task = 0;
  std::uint32_t object = 0;
  RequestKind kind = RequestKind::kNone;  // kNone: any, by `wait-end`
  bool select = false;                    // as a case of a select

  bool operator==(const CompletionKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompletionKey& key) {
    return H::combine(std::move(h), key.task, key.object, key.kind, key.select);
  }
};

enum class SleepKind : std::uint8_t {
  kNone,
  kObject,      // until the object has come to a version
  kTurn,        // until the task's earlier stretches are over
  kNews,        // until the task was spawned (1) or has ended (2)
  kGate,        // until the task's own wait is over
  kCompletion,  // until the wait that this record completes was begun
};

enum class StreamState : std::uint8_t { kIdle, kReady, kAsleep, kBroken };

struct Stream {
  trace::StreamId id = 0;
  StreamState state = StreamState::kIdle;
  bool attention = false;  // one of the four below
  bool gated = false;      // its task may be in a wait
  bool lost = false;       // whose records these are was lost
  bool ended = false;      // a zero word was read
  bool had_gap = false;    // words are missing somewhere before
  bool forced = false;     // the next record need not answer a request
  trace::TaskId task = 0;  // whose stretch it is; 0: nobody's
  std::uint64_t time = 0;

  std::vector<std::uint64_t> words;
  std::size_t at = 0;               // of the next record in `words`
  std::uint64_t base = 0;           // of words[0] in the stream
  std::deque<std::uint64_t> gaps;   // where words are missing, in the stream
  std::vector<CaseOfSelect> cases;  // of the select that is being written

  SleepKind sleeps_on = SleepKind::kNone;
  std::uint32_t sleeps_id = 0;
  CompletionKey sleeps_key;

  const std::uint64_t* begin() const { return words.data() + at; }
  const std::uint64_t* end() const {
    const std::size_t limit = gaps.empty() ? words.size() : gaps.front() - base;
    return words.data() + limit;
  }
  std::uint64_t offset() const { return base + at; }
  void UpdateAttention() { attention = gated || lost || ended; }
};

struct ObjectOrder {
  trace::Version taken = 0;
  StreamIndex last = kNoStream;  // who took it
  Sleepers::Queue sleepers = 0;
};
static_assert(sizeof(ObjectOrder) == 16);

struct TaskOrder {
  std::uint64_t closed = 0;         // the last of its stretches that is over
  std::uint64_t open = 0;           // the stretch that has begun, if one is open
  StreamIndex runs_on = kNoStream;  // where it is open
  bool spawned = false;             // or known to be a root
  bool ended = false;
  OpenWait wait;
  StreamIndex gate = kNoStream;     // who sleeps until the wait is over
  StreamIndex claimed = kNoStream;  // whose record is to complete the wait
  Sleepers::Queue turns = 0;
  Sleepers::Queue news = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_STREAMS_H_
