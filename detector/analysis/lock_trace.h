// What prediction needs to remember of a trace: every acquisition of a lock, and every
// flow from one task to another that a reordering must respect.
//
// A reordering may change who gets a lock first. It may not change what a task read or
// received: a receive stays after its send, a WaitGroup's wait after the Dones that released it,
// a load after the store it saw, a task after its spawn. Those are *flows*. Locks are no flows;
// their sections are kept apart by the closure (sp_closure.h).
//
// Limits    positions are 32 bits: what comes after 2^32 - 2 events is not recorded, nor are
//           events with ids that no recorder gives.
// Locking   none.
// Cost      a few dense look-ups per event, no hashing; 20 bytes per acquisition, 12 per flow.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCK_TRACE_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCK_TRACE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"
#include "detector/model/model.h"
#include "detector/model/paged_table.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

using Seq = std::uint32_t;  // position in the total order
inline constexpr Seq kNever = ~Seq{0};
inline constexpr std::uint32_t kNoAcquire = ~std::uint32_t{0};

// One critical section.
struct Acquire {
  Seq at = 0;
  Seq released = kNever;
  ObjectId lock = 0;
  std::uint32_t outer = kNoAcquire;  // the task's newest section that was open then
  std::uint32_t site : 24 = 0;
  std::uint32_t shared : 1 = 0;
  std::uint32_t tried : 1 = 0;    // it was an attempt that could not block, or not for ever
  std::uint32_t foreign : 1 = 0;  // another task released it: LockTrace::Releaser
};
static_assert(sizeof(Acquire) == 20);

// The task's events from `to` on come after `from_task`'s events up to `from`.
struct Flow {
  Seq to = 0;
  Seq from = 0;
  TaskId from_task : 31 = 0;
  TaskId structural : 1 = 0;  // a spawn or a join, not a value
};
static_assert(sizeof(Flow) == 12);

// An acquisition asked for while other locks were held. Nothing blocks at a try.
struct NestedRequest {
  TaskId task = 0;
  ObjectId lock = 0;
  bool shared = false;
  Seq at = 0;  // of the request, or of the acquisition where there was none
  SiteId site = 0;
  std::uint32_t outer = kNoAcquire;
};

class LockTrace {
 public:
  static EventSet Wants();

  // Notes the event; returns the nested request that it is, if any.
  std::optional<NestedRequest> On(const trace::Event& event, const Model& model);

  // Every task that ever acquired a lock, in order of its first time.
  const std::vector<TaskId>& lockers() const { return lockers_; }
  std::span<const Acquire> Acquires(TaskId task) const;
  std::span<const Flow> Flows(TaskId task) const;
  // Who released a section: its task, except for a foreign release.
  TaskId Releaser(TaskId task, std::uint32_t acquire) const;

 private:
  struct Source {
    TaskId task = 0;
    Seq at = 0;
  };
  struct Held {
    std::uint32_t acquire;
    std::uint32_t depth;
  };
  struct TaskState {
    std::vector<Acquire> acquires;
    std::vector<Flow> flows;
    std::vector<Held> held;
    std::vector<ObjectId> select_cases;
    ObjectId asked = 0;            // the lock of a request that stands
    std::array<Source, 8> seen{};  // flows had already, by source modulo 8
  };
  struct ChanState {
    std::uint64_t capacity = 0, sent = 0;
    std::deque<Source> sends, recvs;  // not yet received; not yet answered by a send
    Source last_send, last_recv, close;
  };
  // One side of a semaphore: who gave, or took, which of the units that the other side needs.
  struct Units {
    std::int64_t total = 0, counted = 0;
    struct Batch {
      Source source;
      std::int64_t count;
    };
    std::deque<Batch> rest;         // after the first `counted` ones
    std::uint32_t needed_from = 0;  // source list: of the first ones
  };
  struct SemaphoreState {
    std::int64_t permits = 0;
    Units acquired, released;
  };
  // What the next reader of an object depends on, and the numbers of its channel and of its source
  // lists. A damaged trace may use an object as both.
  struct ObjectState {
    Source last;
    std::uint32_t chan = 0;
    std::uint32_t sources = 0;
    std::uint32_t adds = 0;  // of a WaitGroup: what a Done may need
    std::uint32_t semaphore = 0;
  };

  static bool IsAbsurd(const trace::Event& event);
  TaskState& Task(TaskId id) { return *tasks_.At(id); }
  ObjectState& Object(ObjectId id) { return *objects_.At(id); }
  ChanState& Chan(ObjectId id, const Model& model);
  std::vector<Source>& Sources(std::uint32_t& index);

  void AddFlow(Source from, TaskId to, Seq at, bool structural = false);
  std::optional<NestedRequest> OnRequest(const trace::Event& event, bool shared);
  std::optional<NestedRequest> OnLock(const trace::Event& event, const Model& model, bool shared);
  void OnUnlock(const trace::Event& event);
  void OnForeignUnlock(const trace::Event& event);
  void OnTask(const trace::Event& event);
  void OnValue(const trace::Event& event);
  void OnSend(const trace::Event& event, ChanState& chan);
  void OnRecv(const trace::Event& event, ChanState& chan);
  void OnChan(const trace::Event& event, const Model& model);
  void OnSelectEnd(const trace::Event& event, const Model& model);
  void OnGroupAdd(const trace::Event& event);
  void OnSemaphore(const trace::Event& event, const Model& model);
  void OnTryFail(const trace::Event& event);
  void AfterFirst(std::int64_t count, Units& units, const trace::Event& event);
  void AddSource(Source source, std::vector<Source>& sources);
  void AfterSources(const trace::Event& event, std::vector<Source>& sources);

  PagedTable<TaskState> tasks_;
  PagedTable<ObjectState> objects_;
  std::vector<TaskId> lockers_;
  std::vector<ChanState> chans_{1};
  std::vector<SemaphoreState> semaphores_{1};
  std::vector<std::vector<Source>> sources_{1};
  absl::flat_hash_map<std::uint64_t, TaskId> foreign_;  // (task, acquire) → who released it
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCK_TRACE_H_
