// Happens-before, as semantics say: events in, vector time out.
//
// Each task has a clock; each object passes clocks on from those who release it to those
// who acquire it. Where a record does not say exactly which release it saw (a load, a
// Wait that found zero), all releases so far count: that errs towards "ordered", never towards a
// false race.
//
// Slots: a new task takes over the slot of one that has ended, where its parent knows
// all of that one's events; epochs then simply go on. Where more than 1024 tasks have ended that
// nobody has waited for, the slot of one of them is taken over all the same.
//
// What a task knew is forgotten when it has ended and nobody is left to join it (it is no thread,
// or was joined or detached), and 1024 others have come so far after it.
//
// Locking   none.
// Cost      constant per event for a task that learns nothing new, else linear in the tasks
//           that live at a time. A channel keeps one stamp per element and per free place.
#ifndef GORDIAN_DETECTOR_MODEL_HAPPENS_BEFORE_H_
#define GORDIAN_DETECTOR_MODEL_HAPPENS_BEFORE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "detector/model/clock_ref.h"
#include "detector/model/memory_map.h"
#include "detector/model/paged_table.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

// Reads and writes, of variables and of memory: they order nothing.
constexpr bool IsAccess(trace::EventType type) {
  return type >= trace::EventType::kRead && type <= trace::EventType::kMemWriteRange;
}

class HappensBefore {
 public:
  HappensBefore();
  ~HappensBefore();
  HappensBefore(const HappensBefore&) = delete;
  HappensBefore& operator=(const HappensBefore&) = delete;

  void Apply(const trace::Event& event);
  // What Apply() does with a read or a write.
  void Access(trace::TaskId task) {
    if (Task* const of = TaskAt(task)) of->acted = true;
  }

  const TaskClock& Clock(trace::TaskId task) const;
  // What an atomic passes on to one that acquires it by this load, or read-modify-write.
  const Stamp& LoadedBy(const trace::Event& load) const;
  const MemoryMap& memory() const { return memory_; }

 private:
  struct Task {
    TaskClock clock;
    bool started = false;
    bool ended = false;
    bool joinable = true;     // somebody may come to join it
    bool acted = false;       // since its last release
    SyncClock at_fence;       // of its last release fence
    SyncClock unfenced;       // what relaxed loads have seen, until an acquire fence
    std::uint64_t round = 0;  // of the barrier that it arrived at last
  };
  struct Channel;
  struct Barrier;
  struct Object;
  struct Ended {
    ClockSlot slot = 0;
    std::uint32_t epoch = 0;  // of its last event that anybody could have seen
    std::uint32_t next = 0;   // the first that a join of the ended task does not know
  };

  Task* TaskAt(trace::TaskId id) { return id == present_id_ ? present_ : FindTask(id); }
  Task* FindTask(trace::TaskId id);
  void Start(Task& task, const TaskClock* parent);
  void Spawn(const trace::Event& event, Task& parent);
  void End(Task& task, trace::TaskId id);
  void Leave(trace::TaskId id);
  void ApplyToTask(const trace::Event& event, Task& task);
  void ApplyToChannel(const trace::Event& event, Object& object, Task& task);
  void ApplyToBarrier(const trace::Event& event, Object& object, Task& task);
  static void Meet(Task& sender, Task& receiver);
  void Send(const trace::Event& event, Object& object, Task& task);
  void Receive(Object& object, Task& task);
  static void Load(const trace::Event& event, const Object& object, Task& task);
  static void Store(const trace::Event& event, Object& object, Task& task);
  static void Fence(Task& task, std::uint64_t order);

  PagedTable<Task> tasks_;
  PagedTable<Object> objects_;
  // Whom the last event was about: the next one most likely is too.
  trace::TaskId present_id_ = 0;
  Task* present_ = nullptr;
  std::deque<Ended> ended_;
  std::deque<trace::TaskId> past_;  // those of whom nobody will ask, oldest first
  ClockSlot slots_ = 0;
  MemoryMap memory_;
  const TaskClock nobody_;
  const Stamp nothing_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_HAPPENS_BEFORE_H_
