#include "tests/bench/synthetic.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

#include "instrument/trace/encoder.h"
#include "instrument/trace/event.h"

namespace gordian::bench {
namespace {

using trace::Event;
using trace::EventType;

enum class Op : std::uint8_t { kAcquire, kRelease, kRead, kWrite };

// Plays the program: whole critical sections of random tasks, one after the other.
class Player {
 public:
  explicit Player(const Synthetic& what) : what_(what), random_(what.seed) {}

  // Calls `emit(task, op, lock)`, for an access with the lock that it is under; tasks and locks
  // count from 0.
  template <typename Emit>
  void Play(Emit&& emit) {
    std::uint64_t events = 0;
    std::vector<std::uint32_t> held;
    while (events < what_.events) {
      const std::uint32_t task = Below(what_.tasks);
      ChooseLocks(task, held);
      for (const std::uint32_t lock : held) emit(task, Op::kAcquire, lock);
      for (std::uint32_t i = 0; i < what_.accesses; ++i) {
        emit(task, Below(4) == 0 ? Op::kWrite : Op::kRead, held.front());
      }
      for (auto lock = held.rbegin(); lock != held.rend(); ++lock) emit(task, Op::kRelease, *lock);
      events += 2 * held.size() + what_.accesses;
    }
  }

 private:
  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  std::uint32_t AnyLock(std::uint32_t task) {
    const std::uint32_t share = std::max(1u, what_.locks / what_.tasks);
    if (!what_.own_locks_mostly || Below(8) == 0) return Below(what_.locks);
    return (task * share + Below(share)) % what_.locks;
  }

  void ChooseLocks(std::uint32_t task, std::vector<std::uint32_t>& held) {
    held.clear();
    while (held.size() < std::min(what_.nesting, what_.locks)) {
      const std::uint32_t lock = AnyLock(task);
      if (std::find(held.begin(), held.end(), lock) == held.end()) held.push_back(lock);
    }
    std::sort(held.begin(), held.end());
    const bool invert =
        what_.inverted > 0 && std::uniform_real_distribution<>()(random_) < what_.inverted;
    if (invert) std::reverse(held.begin(), held.end());
  }

  const Synthetic& what_;
  std::minstd_rand random_;
};

// What one thread has written and not yet handed on.
struct Stream {
  std::vector<std::uint64_t> words;
};

class Writer {
 public:
  using Write = std::function<void(trace::StreamId, std::span<const std::uint64_t>)>;

  Writer(const Synthetic& what, const Write& write)
      : what_(what), write_(write), streams_(what.tasks), locks_(what.locks) {
    for (std::uint32_t task = 0; task < what.tasks; ++task) {
      if (task > 0) Put(0, Spawned(task));
      Put(task, {.type = EventType::kTaskRun, .subject = task + 1, .args = {1, 1}});
    }
    const std::uint32_t variables = what.by_address ? 0 : what.variables * what.locks;
    for (std::uint32_t object = 0; object < what.locks + variables; ++object) {
      const bool is_lock = object < what.locks;
      const auto kind = is_lock ? trace::ObjectKind::kMutex : trace::ObjectKind::kVariable;
      Put(0, {.type = EventType::kObjectBegin,
              .subject = object + 1,
              .version = 1,
              .args = {static_cast<std::uint64_t>(kind), 0}});
    }
  }

  ~Writer() {
    for (std::uint32_t task = 0; task < what_.tasks; ++task) {
      Put(task, {.type = EventType::kTaskEnd, .subject = task + 1});
      Flush(task);
    }
  }

  void operator()(std::uint32_t task, Op op, std::uint32_t index) {
    if (op == Op::kRead || op == Op::kWrite) return Touch(task, op, index);
    Lock& lock = locks_[index];
    ++lock.version;
    const EventType type = op == Op::kAcquire ? EventType::kLock : EventType::kUnlock;
    Put(task,
        {.type = type, .subject = index + 1, .site = Site(op, index), .version = lock.version},
        lock.last != task);
    lock.last = task;
  }

 private:
  static constexpr std::size_t kPieceWords = 32 * 1024;

  struct Lock {
    trace::Version version = 1;
    std::uint32_t last = ~0u;  // who took `version`
  };

  static Event Spawned(std::uint32_t task) {
    constexpr auto kThread = static_cast<std::uint64_t>(trace::TaskKind::kThread);
    return {
        .type = EventType::kTaskSpawn, .subject = task + 1, .args = {kThread}, .text = "worker"};
  }

  static trace::SiteId Site(Op op, std::uint32_t index) {
    return 1 + 4 * (index % 64) + static_cast<std::uint32_t>(op);
  }

  void Touch(std::uint32_t task, Op op, std::uint32_t index) {
    constexpr std::uint64_t kHeap = 0x7f00'0000'0000, kWord = 8;
    const auto variable =
        what_.variables * index + static_cast<std::uint32_t>(touched_++ % what_.variables);
    if (what_.by_address) {
      Put(task, {.type = op == Op::kRead ? EventType::kMemRead : EventType::kMemWrite,
                 .subject = kWord,
                 .site = Site(op, index),
                 .args = {kHeap + kWord * variable}});
    } else {
      Put(task, {.type = op == Op::kRead ? EventType::kRead : EventType::kWrite,
                 .subject = what_.locks + variable + 1,
                 .site = Site(op, index)});
    }
  }

  void Put(std::uint32_t task, const Event& event, bool wide = false) {
    const bool ordered = trace::Spec(event.type).order == trace::Order::kOrdered;
    Event record = event;
    if (ordered && !wide && event.type != EventType::kObjectBegin) record.version = 0;
    trace::Encode(record, streams_[task].words, wide || event.type == EventType::kObjectBegin);
    if (streams_[task].words.size() >= kPieceWords) Flush(task);
  }

  void Flush(std::uint32_t task) {
    write_(task + 1, streams_[task].words);
    streams_[task].words.clear();
  }

  const Synthetic& what_;
  const Write& write_;
  std::vector<Stream> streams_;
  std::vector<Lock> locks_;
  std::uint64_t touched_ = 0;
};

}  // namespace

void Generate(const Synthetic& what, const Writer::Write& write) {
  Writer writer(what, write);
  Player(what).Play(writer);
}

std::string GenerateStd(const Synthetic& what) {
  static constexpr std::string_view kNames[] = {"acq(L", "rel(L", "r(V", "w(V"};
  std::string text;
  Player(what).Play([&](std::uint32_t task, Op op, std::uint32_t index) {
    text += 'T';
    text += std::to_string(task);
    text += '|';
    text += kNames[static_cast<std::size_t>(op)];
    text += std::to_string(index);
    text += ")|";
    text += std::to_string(4 * (index % 64) + static_cast<std::uint32_t>(op));
    text += '\n';
  });
  return text;
}

}  // namespace gordian::bench
