// The lock-order graph, over abstract acquisitions.
//
// An abstract acquisition is (task, locks held in order, lock asked for, modes); all
// the places in the trace where it occurred are its instances. An edge A → B carries the
// abstract acquisitions of B while A was held. Cycles are looked for in strongly connected
// components only, shortest first, so that a large acyclic graph costs nothing.
//
// Locking   none.
// Cost      Add(): a look-up per lock held, cached by node. ForEachCycle(): linear for the
//           components, then at most `budget` steps.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCK_GRAPH_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCK_GRAPH_H_

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "detector/analysis/lock_trace.h"

namespace gordian::detector {

struct HeldMode {
  ObjectId lock = 0;
  bool shared = false;
};

struct AbstractAcquire {
  struct Instance {
    Seq at = 0;
    SiteId site = 0;
    std::uint32_t outer = kNoAcquire;
  };
  TaskId task = 0;
  ObjectId lock = 0;
  bool shared = false;
  absl::InlinedVector<HeldMode, 2> held;  // in order of acquisition
  absl::InlinedVector<Instance, 1> instances;

  const HeldMode* Holding(ObjectId object) const;
};

struct LockEdge {
  ObjectId from = 0, to = 0;
  std::vector<std::uint32_t> acquires;  // abstract ones, of `to` while `from` is held
};

class LockGraph {
 public:
  // Notes a nested request; true where its abstract acquisition is new.
  bool Add(const NestedRequest& request, const LockTrace& trace);

  const AbstractAcquire& acquire(std::uint32_t index) const { return acquires_[index]; }
  std::span<const AbstractAcquire> acquires() const { return acquires_; }
  const LockEdge& edge(std::uint32_t index) const { return edges_[index]; }

  // The places in the program that ask for `to` while `from` is held, as far as counted.
  std::set<SiteId> PlacesThatTake(ObjectId from, ObjectId to) const;

  // Calls `visit` with the edges of each simple cycle among the locks that `skip` lets pass,
  // shortest first, until it returns false or `budget` steps are spent.
  using VisitCycle = absl::FunctionRef<bool(std::span<const std::uint32_t>)>;
  void ForEachCycle(absl::FunctionRef<bool(ObjectId)> skip, VisitCycle visit,
                    std::uint64_t budget) const;

 private:
  // Of a trie, one for each task: the path is the sequence of locks held and asked for.
  struct Node {
    std::uint32_t cached_key = ~std::uint32_t{0};  // lock and mode
    std::uint32_t cached_child = 0;
    std::uint32_t acquire = kNoAcquire;  // the abstract acquisition that ends here
  };

  std::uint32_t Root(TaskId task);
  std::uint32_t Child(std::uint32_t node, ObjectId lock, bool shared);
  void NewAcquire(const NestedRequest& request, const LockTrace& trace);
  void AddEdge(ObjectId from, ObjectId to, std::uint32_t acquire);

  std::vector<Node> nodes_;
  absl::flat_hash_map<TaskId, std::uint32_t> roots_;
  TaskId last_task_ = 0;  // whose root is last_root_
  std::uint32_t last_root_ = 0;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> children_;  // by node, lock and mode
  std::vector<AbstractAcquire> acquires_;
  std::vector<LockEdge> edges_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> edge_index_;  // by both locks
  absl::flat_hash_map<ObjectId, std::uint32_t> lock_index_;       // of locks with edges
  std::vector<std::uint32_t> chain_;  // scratch: the sections open, outermost last
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCK_GRAPH_H_
