#include "detector/analysis/lock_graph.h"

#include <algorithm>
#include <limits>

#include "detector/analysis/scc.h"

namespace gordian::detector {

namespace {

constexpr std::size_t kInstancesCounted = 10'000;

// Two numbers as one, which is hashed in one step.
constexpr std::uint64_t Both(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

const HeldMode* AbstractAcquire::Holding(ObjectId object) const {
  for (const HeldMode& mode : held) {
    if (mode.lock == object) return &mode;
  }
  return nullptr;
}

// --- Building ----------------------------------------------------------------

std::uint32_t LockGraph::Root(TaskId task) {
  if (task == last_task_) return last_root_;
  const auto [it, is_new] = roots_.try_emplace(task, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.emplace_back();
  last_task_ = task;
  return last_root_ = it->second;
}

std::uint32_t LockGraph::Child(std::uint32_t node, ObjectId lock, bool shared) {
  static_assert(PagedTable<int>::kMaxId < 1u << 31);
  const std::uint32_t key = (lock << 1) | (shared ? 1 : 0);
  if (nodes_[node].cached_key == key) return nodes_[node].cached_child;
  const auto [it, is_new] =
      children_.try_emplace(Both(node, key), static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.emplace_back();
  nodes_[node].cached_key = key;
  nodes_[node].cached_child = it->second;
  return it->second;
}

bool LockGraph::Add(const NestedRequest& request, const LockTrace& trace) {
  const std::span<const Acquire> acquires = trace.Acquires(request.task);
  chain_.clear();
  for (std::uint32_t i = request.outer; i != kNoAcquire; i = acquires[i].outer) {
    if (acquires[i].released == kNever) chain_.push_back(i);
  }
  std::uint32_t node = Root(request.task);
  for (auto i = chain_.rbegin(); i != chain_.rend(); ++i) {
    node = Child(node, acquires[*i].lock, acquires[*i].shared != 0);
  }
  node = Child(node, request.lock, request.shared);
  const bool is_new = nodes_[node].acquire == kNoAcquire;
  if (is_new) {
    nodes_[node].acquire = static_cast<std::uint32_t>(acquires_.size());
    NewAcquire(request, trace);
  }
  acquires_[nodes_[node].acquire].instances.push_back({request.at, request.site, request.outer});
  return is_new;
}

void LockGraph::NewAcquire(const NestedRequest& request, const LockTrace& trace) {
  const std::span<const Acquire> sections = trace.Acquires(request.task);
  const auto index = static_cast<std::uint32_t>(acquires_.size());
  AbstractAcquire& acquire = acquires_.emplace_back();
  acquire.task = request.task;
  acquire.lock = request.lock;
  acquire.shared = request.shared;
  for (auto i = chain_.rbegin(); i != chain_.rend(); ++i) {
    acquire.held.push_back({sections[*i].lock, sections[*i].shared != 0});
  }
  if (acquire.Holding(request.lock) != nullptr) return;  // recursive: no order between two locks
  for (const HeldMode& held : acquire.held) AddEdge(held.lock, request.lock, index);
}

void LockGraph::AddEdge(ObjectId from, ObjectId to, std::uint32_t acquire) {
  const auto [it, is_new] =
      edge_index_.try_emplace(Both(from, to), static_cast<std::uint32_t>(edges_.size()));
  if (is_new) {
    edges_.push_back({from, to, {}});
    lock_index_.try_emplace(from, static_cast<std::uint32_t>(lock_index_.size()));
    lock_index_.try_emplace(to, static_cast<std::uint32_t>(lock_index_.size()));
  }
  edges_[it->second].acquires.push_back(acquire);
}

std::set<SiteId> LockGraph::PlacesThatTake(ObjectId from, ObjectId to) const {
  std::set<SiteId> places;
  const auto edge = edge_index_.find(Both(from, to));
  if (edge == edge_index_.end()) return places;
  std::size_t left = kInstancesCounted;
  for (const std::uint32_t index : edges_[edge->second].acquires) {
    for (const AbstractAcquire::Instance& instance : acquires_[index].instances) {
      if (left-- == 0) return places;
      places.insert(instance.site);
    }
  }
  return places;
}

// --- Cycles ------------------------------------------------------------------

namespace {

constexpr std::uint32_t kFar = std::numeric_limits<std::uint32_t>::max();

// Simple cycles within components. Each is found from its smallest lock, by a depth-first
// search that turns back where the way home is longer than what `limit` leaves; the
// shortest length that was turned back becomes the next limit.
class CycleSearch {
 public:
  struct Arrow {
    std::uint32_t edge, to;
  };

  CycleSearch(std::vector<std::vector<Arrow>> out, LockGraph::VisitCycle visit,
              std::uint64_t budget)
      : out_(std::move(out)),
        in_(out_.size()),
        home_(out_.size(), kFar),
        on_path_(out_.size(), false),
        visit_(visit),
        budget_(budget) {
    for (std::uint32_t from = 0; from < out_.size(); ++from) {
      for (const Arrow& arrow : out_[from]) in_[arrow.to].push_back(from);
    }
  }

  void Run() {
    for (std::uint32_t limit = 2; limit != kFar; limit = next_limit_) {
      limit_ = limit;
      next_limit_ = kFar;
      for (std::uint32_t start = 0; start < out_.size(); ++start) {
        if (out_[start].empty()) continue;
        MeasureWayHome(start);
        budget_ -= std::min<std::uint64_t>(budget_, measured_.size());
        start_ = start;
        const bool done = Extend(start);
        for (const std::uint32_t node : measured_) home_[node] = kFar;
        if (!done) return;
      }
    }
  }

 private:
  struct Frame {
    std::uint32_t node;
    std::size_t next = 0;
  };

  bool Spend() { return budget_ == 0 ? false : (--budget_, true); }

  // home_: edges to `start` through locks not smaller than it.
  void MeasureWayHome(std::uint32_t start) {
    measured_.assign(1, start);
    home_[start] = 0;
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      for (const std::uint32_t from : in_[measured_[i]]) {
        if (from <= start || home_[from] != kFar) continue;
        home_[from] = home_[measured_[i]] + 1;
        measured_.push_back(from);
      }
    }
  }

  bool Extend(std::uint32_t start) {
    std::vector<Frame> frames{{start}};
    on_path_[start] = true;
    bool within = true;
    while (!frames.empty() && within) {
      Frame& frame = frames.back();
      if (frame.next == out_[frame.node].size()) {
        on_path_[frame.node] = false;
        frames.pop_back();
        if (!path_.empty()) path_.pop_back();
        continue;
      }
      const Arrow arrow = out_[frame.node][frame.next++];
      within = Spend();
      if (arrow.to == start_) {
        within = within && Report(arrow.edge);
      } else if (!on_path_[arrow.to] && home_[arrow.to] != kFar && Near(arrow.to)) {
        path_.push_back(arrow.edge);
        on_path_[arrow.to] = true;
        frames.push_back({arrow.to});
      }
    }
    for (const Frame& frame : frames) on_path_[frame.node] = false;
    path_.clear();
    return within;
  }

  // Whether a cycle through `node` next can still be as short as the limit.
  bool Near(std::uint32_t node) {
    const auto length = static_cast<std::uint32_t>(path_.size()) + 1 + home_[node];
    if (length <= limit_) return true;
    next_limit_ = std::min(next_limit_, length);
    return false;
  }

  // Shorter ones were reported under an earlier limit.
  bool Report(std::uint32_t last) {
    if (path_.size() + 1 != limit_) return true;
    path_.push_back(last);
    const bool more = visit_(path_);
    path_.pop_back();
    return more;
  }

  std::vector<std::vector<Arrow>> out_;
  std::vector<std::vector<std::uint32_t>> in_;
  std::vector<std::uint32_t> home_, measured_, path_;
  std::vector<bool> on_path_;
  LockGraph::VisitCycle visit_;
  std::uint64_t budget_;
  std::uint32_t start_ = 0, limit_ = 2, next_limit_ = kFar;
};

}  // namespace

void LockGraph::ForEachCycle(absl::FunctionRef<bool(ObjectId)> skip, VisitCycle visit,
                             std::uint64_t budget) const {
  AdjacencyLists plain(lock_index_.size());
  std::vector<std::uint32_t> from(edges_.size()), to(edges_.size());
  std::vector<bool> skipped(edges_.size());
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    from[i] = lock_index_.at(edges_[i].from);
    to[i] = lock_index_.at(edges_[i].to);
    skipped[i] = skip(edges_[i].from) || skip(edges_[i].to);
    if (!skipped[i]) plain[from[i]].push_back(to[i]);
  }
  const Components components = StronglyConnected(plain);
  std::vector<std::vector<CycleSearch::Arrow>> out(plain.size());
  bool any = false;
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    if (skipped[i] || components.of[from[i]] != components.of[to[i]]) continue;
    out[from[i]].push_back({i, to[i]});
    any = true;
  }
  if (any) CycleSearch(std::move(out), visit, budget).Run();
}

}  // namespace gordian::detector
