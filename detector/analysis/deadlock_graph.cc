#include "detector/analysis/deadlock_graph.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/scc.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kStarts = 64;  // members from which the shortest cycle is looked for

// What a cycle pays for an arrow: certain ones are preferred to more of them.
std::uint32_t Cost(LinkKind kind) {
  switch (kind) {
    case LinkKind::kHolds:
      return 1;
    case LinkKind::kUsed:
      return 3;
    case LinkKind::kCould:
      return 10;
  }
  return 10;
}

bool WaitsForOwned(const Wait& wait) {
  switch (wait.kind) {
    case WaitKind::kLock:
    case WaitKind::kRLock:
    case WaitKind::kOnce:
    case WaitKind::kJoin:
    case WaitKind::kWaitGroup:
      return true;
    default:
      return false;
  }
}

class Graph {
 public:
  explicit Graph(const Stuck& stuck) : model_(stuck.model()) {
    for (const TaskId task : stuck.tasks()) {
      node_of_.emplace(task, static_cast<std::uint32_t>(tasks_.size()));
      tasks_.push_back(task);
    }
    arrows_.resize(tasks_.size());
    links_.resize(tasks_.size());
    AdjacencyLists out(tasks_.size());
    for (std::uint32_t node = 0; node < tasks_.size(); ++node) {
      links_[node] = stuck.Links(tasks_[node]);
      for (const Link& link : links_[node]) {
        const auto server = node_of_.find(link.server);
        if (server == node_of_.end() || !Counts(link)) continue;
        arrows_[node].push_back({link, server->second});
        out[node].push_back(server->second);
      }
    }
    components_ = StronglyConnected(out);
  }

  std::vector<DeadlockCore> Deadlocks() {
    std::vector<DeadlockCore> cores;
    core_of_.assign(tasks_.size(), kNone);
    for (const std::vector<std::uint32_t>& members : components_.members) {
      std::vector<Link> cycle = SurestCycle(members);
      if (cycle.empty()) continue;
      DeadlockCore& core = cores.emplace_back();
      for (const Link& link : cycle) core.members.push_back(link.waiter);
      core.cycle = std::move(cycle);
      for (const std::uint32_t member : members) {
        core_of_[member] = cores.size() - 1;
        const TaskId task = tasks_[member];
        if (std::find(core.members.begin(), core.members.end(), task) == core.members.end()) {
          core.members.push_back(task);
        }
      }
    }
    AddThoseBehind(cores);
    return cores;
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Arrow {
    Link link;
    std::uint32_t to;
  };

  bool Counts(const Link& link) const {
    if (link.kind == LinkKind::kHolds) return true;
    const Wait& waits = model_.Task(link.waiter).wait;
    const Wait& server = model_.Task(link.server).wait;
    // Two that wait for the same thing do not serve each other.
    if (server.kind == waits.kind && server.object == link.object) return false;
    return link.kind == LinkKind::kUsed || WaitsForOwned(server);
  }

  // Dijkstra from each member to itself, inside the component; empty where there is no way.
  std::vector<Link> SurestCycle(const std::vector<std::uint32_t>& members) {
    std::vector<Link> best;
    std::uint32_t best_cost = std::numeric_limits<std::uint32_t>::max();
    const std::size_t starts = std::min(members.size(), kStarts);
    for (std::size_t i = 0; i < starts; ++i) {
      CycleThrough(members[members.size() - 1 - i], &best, &best_cost);
    }
    return best;
  }

  void CycleThrough(std::uint32_t start, std::vector<Link>* best, std::uint32_t* best_cost) {
    using Entry = std::pair<std::uint32_t, std::uint32_t>;  // cost, node
    struct Reached {
      std::uint32_t cost;
      const Arrow* by;
    };
    absl::flat_hash_map<std::uint32_t, Reached> reached;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    queue.push({0, start});
    while (!queue.empty()) {
      const auto [cost, node] = queue.top();
      queue.pop();
      if (cost >= *best_cost) return;
      if (cost > 0 && node == start) {
        *best_cost = cost;
        best->clear();
        for (std::uint32_t at = start; best->empty() || at != start;) {
          const Arrow* by = reached.at(at).by;
          best->push_back(by->link);
          at = node_of_.at(by->link.waiter);
        }
        std::reverse(best->begin(), best->end());
        return;
      }
      for (const Arrow& arrow : arrows_[node]) {
        if (components_.of[arrow.to] != components_.of[start]) continue;
        const std::uint32_t next = cost + Cost(arrow.link.kind);
        const auto [it, is_new] = reached.try_emplace(arrow.to, Reached{next, &arrow});
        if (!is_new && it->second.cost <= next) continue;
        it->second = {next, &arrow};
        queue.push({next, arrow.to});
      }
    }
  }

  // From the deadlocks backwards, along certain links and those that are all there is.
  void AddThoseBehind(std::vector<DeadlockCore>& cores) {
    bool changed = !cores.empty();
    while (changed) {
      changed = false;
      for (std::uint32_t node = 0; node < tasks_.size(); ++node) {
        if (core_of_[node] != kNone) continue;
        const std::size_t core = CoreAhead(node);
        if (core == kNone) continue;
        core_of_[node] = core;
        cores[core].behind.push_back(tasks_[node]);
        changed = true;
      }
    }
  }

  std::size_t CoreAhead(std::uint32_t node) const {
    const std::vector<Link>& links = links_[node];
    const bool needs_all = WaitsForOwned(model_.Task(tasks_[node]).wait);
    std::size_t ahead = kNone;
    for (const Link& link : links) {
      // Links come surest first; less sure ones matter only where there are no others.
      if (link.kind != links.front().kind) break;
      const auto server = node_of_.find(link.server);
      const std::size_t core = server == node_of_.end() ? kNone : core_of_[server->second];
      if (core == kNone && needs_all) continue;
      if (core == kNone) return kNone;
      ahead = core;
    }
    return ahead;
  }

  const Model& model_;
  std::vector<TaskId> tasks_;  // by node
  std::vector<std::vector<Link>> links_;
  absl::flat_hash_map<TaskId, std::uint32_t> node_of_;
  std::vector<std::vector<Arrow>> arrows_;
  Components components_;
  std::vector<std::size_t> core_of_;  // by node
};

}  // namespace

bool DeadlockCore::IsSelf(const Model& model) const {
  const ObjectId lock = cycle.front().object;
  if (lock == 0) return false;
  if (cycle.size() == 1) return true;
  const bool one_lock = std::all_of(cycle.begin(), cycle.end(),
                                    [&](const Link& link) { return link.object == lock; });
  return one_lock && cycle.size() == 2 &&
         (model.Task(cycle[0].waiter).wait.kind == WaitKind::kRLock ||
          model.Task(cycle[1].waiter).wait.kind == WaitKind::kRLock);
}

std::vector<DeadlockCore> FindDeadlocks(const Stuck& stuck) {
  if (stuck.tasks().empty()) return {};
  return Graph(stuck).Deadlocks();
}

}  // namespace gordian::detector
