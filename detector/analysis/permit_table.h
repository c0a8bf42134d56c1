// Who held which permits when: of semaphores, and of channels that are used like one.
//
// A task holds a permit of a semaphore from its acquire to its release, and a slot of a buffered
// channel from its send to its receive; where the channel was filled with tokens first, it holds
// one from its receive to its send. A permit that a task takes and the task that it starts then
// gives back (a group with a limit) is the other's from its start on. No more permits are ever
// held at once than there are: tasks that would hold more are kept apart by them.
//
// An object is left out from the first release on that nobody's permit accounts for: it is a
// signal, or a channel that carries messages.
//
// Locking   none.
// Cost      On(): a few dense look-ups per operation on a semaphore or a buffered channel, one for
//           those left out; 24 bytes per permit taken.
#ifndef GORDIAN_DETECTOR_ANALYSIS_PERMIT_TABLE_H_
#define GORDIAN_DETECTOR_ANALYSIS_PERMIT_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "detector/analysis/lock_trace.h"
#include "detector/model/model.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

struct PermitsHeld {
  std::uint32_t pool = 0;
  std::int64_t count = 0;
};
using PermitSet = absl::InlinedVector<PermitsHeld, 2>;

// Leaves in `set` what is in both.
void Intersect(PermitSet& set, const PermitSet& other);

class PermitTable {
 public:
  void On(const trace::Event& event, const Model& model);

  // Whether there is nothing that gives permits.
  bool empty() const { return pools_.size() == 1; }
  // What the task held just then.
  PermitSet HeldAt(TaskId task, Seq at) const;
  // How many the pool has to give.
  std::int64_t PermitsOf(std::uint32_t pool) const { return pools_[pool].permits; }

 private:
  struct Hold {
    Seq from = 0, to = kNever;
    std::uint32_t pool = 0;
    std::uint32_t outer = kNoAcquire;  // the task's newest hold that was open then
    std::int64_t count = 0;
  };
  struct TaskState {
    TaskId parent = 0;
    Seq spawned = 0;
    std::vector<Hold> holds;      // by `from`
    std::vector<Hold> inherited;  // taken by the parent
    std::vector<std::uint32_t> open;
  };
  enum class Filled : std::uint8_t { kFromStart, kByReleases };  // where its permits come from
  struct Pool {
    Filled filled = Filled::kFromStart;
    bool left_out = false;
    std::int64_t permits = 0, most = 0;
  };
  struct ObjectState {
    std::uint32_t slots = 0, tokens = 0;  // pools; 0: not made yet
  };

  std::uint32_t NewPool(Filled filled, std::int64_t size);
  void Acquire(TaskState& task, std::uint32_t pool, std::int64_t count, Seq at);
  void Release(TaskState& task, std::uint32_t pool, std::int64_t count, Seq at);
  std::int64_t Return(TaskState& task, std::uint32_t pool, std::int64_t count, Seq at);
  bool Inherit(TaskState& task, std::uint32_t pool, Seq at);
  void OnChannel(const trace::Event& event, TaskState& task, const Model& model);

  PagedTable<TaskState> tasks_;
  PagedTable<ObjectState> objects_;
  std::vector<Pool> pools_{1};
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_PERMIT_TABLE_H_
