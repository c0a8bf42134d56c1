// The state of the recorded program, as facts without opinions.
//
// Apply() every event in the total order; between two events the model answers who
// holds, who waits, what happened before. It never judges.
// Cost: a few table look-ups per event; memory is linear in tasks and objects.
#ifndef GORDIAN_DETECTOR_MODEL_MODEL_H_
#define GORDIAN_DETECTOR_MODEL_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detector/model/clock_ref.h"
#include "detector/model/memory_map.h"
#include "detector/model/task_queue.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

using trace::ObjectId;
using trace::SiteId;
using trace::TaskId;

struct Hold {
  ObjectId object = 0;
  bool shared = false;
  std::uint32_t depth = 1;  // of a recursive mutex
  SiteId site = 0;
  std::uint64_t seq = 0;  // of the acquisition
  std::uint64_t time = 0;
};

enum class WaitKind : std::uint8_t {
  kNone,
  kLock,
  kRLock,
  kCond,
  kWaitGroup,
  kOnce,
  kSend,
  kRecv,
  kSelect,
  kSemaphore,
  kBarrier,
  kJoin,
  kSleep,
  kNilChan,
};
std::string_view NameOf(WaitKind kind);  // "Lock", "channel send", …

struct SelectCase {
  ObjectId channel = 0;  // 0: nil
  bool is_send = false;
  SiteId site = 0;
};

struct Wait {
  WaitKind kind = WaitKind::kNone;
  ObjectId object = 0;
  TaskId joined = 0;
  bool timed = false;
  SiteId site = 0;
  std::uint64_t seq = 0;
  std::uint64_t time = 0;
  std::vector<SelectCase> cases;  // kSelect

  explicit operator bool() const { return kind != WaitKind::kNone; }
};

struct TaskInfo {
  TaskId id = 0;
  TaskId parent = 0;
  trace::TaskKind kind = trace::TaskKind::kThread;
  std::string name;  // as given; may be empty: see Model::TaskName
  SiteId spawned_at = 0;
  std::uint64_t spawned_seq = 0;  // of its spawn; 0: a root
  SiteId ended_at = 0;
  std::uint32_t test = 0;  // in which it was spawned; 0: none
  bool started = false, ended = false, detached = false, joined = false, frozen = false;
  bool running = false;  // between `run` and `stop` or the next task's `run`
  trace::TaskEndReason how = trace::TaskEndReason::kReturned;
  SiteId last_site = 0;         // of its last event that had one
  std::uint64_t run_since = 0;  // when its last stretch began, ns
  // Runnable but not run since, by a clock reading at or after the moment; 0: not so, or no
  // reading.
  std::uint64_t ready_since = 0;
  Wait wait;
  std::vector<Hold> held;  // in order of acquisition
};

struct ObjectInfo {
  ObjectId id = 0;
  trace::ObjectKind kind = trace::ObjectKind::kUnknown;
  bool ended = false;
  bool closed = false;      // channels
  bool first_used = false;  // `created_at` is where it was first used: nobody saw it made
  bool write_held = false;
  bool foreign_unlock = false;  // was unlocked by a task that did not hold it: a signal, not a lock
  std::uint32_t handles = 0;    // of a channel, as last told; 0: not known
  std::int64_t value = 0;       // WaitGroup counter, semaphore permits taken, elements in a channel
  TaskQueue holders;            // who holds it: at most one, or readers
  TaskQueue waiters;            // who waits for it, in order of asking
  std::uint64_t detail = 0;     // capacity, size; see FORMAT.md
  std::string name;             // as given; may be empty: see Model::ObjectName
  SiteId created_at = 0;
  std::uint64_t begin_seq = 0;  // of `object`; 0: none was seen
  TaskId creator = 0;
  std::uint32_t test = 0;
  // The tasks that have used it, each once, in order; not those that only read or wrote a variable.
  std::vector<TaskId> users;
  std::vector<SiteId> used_at;   // where each of them first did
  std::uint32_t gone_users = 0;  // how many more did, and have ended
};

class Model {
 public:
  Model();
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  void Apply(const trace::Event& event);

  // An empty one for an unknown id.
  const TaskInfo& Task(TaskId id) const {
    return id == present_.id ? *present_.task : FindTask(id);
  }
  const ObjectInfo& Object(ObjectId id) const;  // the same
  TaskId task_count() const;                    // ids are 1 … task_count()
  // The tasks of which something is still open: they live, or are threads that nobody has joined or
  // detached. Ascending; as of now, until the next call. Linear in these and in what closed since.
  const std::vector<TaskId>& open_tasks() const;
  ObjectId object_count() const;

  // What people read: the given name, else "goroutine 7", "main", "mutex 4",
  // "timer channel 6".
  std::string TaskName(TaskId id) const;
  // What it works for, as far as the program has said: a label's name and its value.
  std::vector<std::pair<std::string, std::string>> TaskLabels(TaskId id) const;
  std::string ObjectName(ObjectId id) const;
  std::string NumberedKind(TaskId id) const;  // "goroutine 7", whatever its name
  bool SharesItsName(TaskId id) const;        // whether another task was given the same name
  // Whether the runtime sends on it: it was made with a timer or a ticker.
  bool IsTimerChannel(ObjectId id) const;

  // Happens-before. An event that task t wrote at Epoch(t) == c happened before the present of
  // task u iff HappenedBefore(t, c, u). A task's epoch grows with each of its releases.
  bool HappenedBefore(TaskId t, std::uint32_t epoch, TaskId u) const;
  std::uint32_t Epoch(TaskId id) const;
  // The same for those who keep the slot of t with the epoch (see vector_clock.h).
  const TaskClock& ClockOf(TaskId id) const {
    return id == present_.id ? *present_.clock : FindClock(id);
  }

  // Whether a task knows of that moment by this load of an atomic, where it acquires.
  bool LoadKnows(const trace::Event& load, ClockSlot slot, std::uint32_t epoch) const;

  // The heap block or stack that has this byte, or had it last; nullptr: not known.
  const MemoryBlock* BlockAt(std::uint64_t address) const;

  // Timers that are set and have neither fired nor been stopped (a ticker: until stopped).
  const std::vector<ObjectId>& armed_timers() const;

  bool main_ended() const;             // `process-end` was seen
  std::uint64_t now() const;           // the latest time seen, ns
  std::uint32_t current_test() const;  // 0: none
  std::string_view TestName(std::uint32_t test) const;
  std::uint64_t events() const;
  std::uint64_t losses() const;

 private:
  struct State;
  // The task of the last event, about whom most questions are.
  struct Present {
    TaskId id = 0;
    const TaskInfo* task = nullptr;
    const TaskClock* clock = nullptr;
  };

  void Notice(TaskId id);
  const TaskInfo& FindTask(TaskId id) const;
  const TaskClock& FindClock(TaskId id) const;

  std::unique_ptr<State> state_;
  Present present_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_MODEL_H_
