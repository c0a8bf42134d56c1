#include "detector/analysis/deadlock_graph.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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

// Whom the tasks of a crowd, which wait for the same thing, look to: all by one sort of link.
struct Crowd {
  ObjectId object = 0;
  LinkKind kind = LinkKind::kHolds;
  bool owned = false;  // their waits are for something owned
  std::vector<std::uint32_t> waiting;
  std::vector<std::uint32_t> servers;  // those that are blocked for ever themselves
  std::size_t size = 0;                // of all servers
  std::size_t open = 0;                // of those that are in or behind no deadlock
};

// Two sorts of nodes: tasks first, then crowds. Arrows go from a task to its crowds and from a
// crowd to its servers, so that many who wait for one thing cost one arrow each.
class Graph {
 public:
  explicit Graph(const Stuck& stuck) : stuck_(stuck), model_(stuck.model()) {
    for (const TaskId task : stuck.tasks()) {
      node_of_.emplace(task, static_cast<std::uint32_t>(tasks_.size()));
      tasks_.push_back(task);
    }
    crowds_of_.resize(tasks_.size());
    for (std::uint32_t node = 0; node < tasks_.size(); ++node) AddWait(node);
    AddGuessesOfOne();
    components_ = StronglyConnected(Arrows());
  }

  std::vector<DeadlockCore> Deadlocks() {
    std::vector<DeadlockCore> cores;
    core_of_.assign(tasks_.size(), kNone);
    for (std::vector<std::uint32_t>& members : components_.members) {
      std::erase_if(members, [&](std::uint32_t node) { return node >= tasks_.size(); });
      std::vector<Link> cycle = SurestCycle(members);
      if (cycle.empty()) continue;
      DeadlockCore& core = cores.emplace_back();
      absl::flat_hash_set<TaskId> listed;
      for (const Link& link : cycle) {
        listed.insert(link.waiter);
        core.members.push_back(link.waiter);
      }
      core.cycle = std::move(cycle);
      for (const std::uint32_t member : members) {
        core_of_[member] = cores.size() - 1;
        if (listed.insert(tasks_[member]).second) core.members.push_back(tasks_[member]);
      }
    }
    AddThoseBehind(cores);
    return cores;
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  static constexpr std::size_t kGuesses = 64;     // tasks that only may have a reference
  static constexpr std::size_t kScanned = 1'024;  // tasks asked for them

  std::uint32_t Node(std::size_t crowd) const {
    return static_cast<std::uint32_t>(tasks_.size() + crowd);
  }

  void AddWait(std::uint32_t node) {
    for (const Wanted& wanted : WantedBy(model_.Task(tasks_[node]).wait)) {
      const auto [found, is_new] = crowds_at_.try_emplace(wanted);
      if (is_new) found->second = CrowdsAt(wanted);
      for (const std::size_t crowd : found->second) Join(node, crowd);
    }
  }

  void Join(std::uint32_t node, std::size_t crowd) {
    crowds_[crowd].waiting.push_back(node);
    crowds_of_[node].push_back(crowd);
  }

  std::vector<std::size_t> CrowdsAt(const Wanted& wanted) {
    std::vector<std::size_t> crowds;
    const Need need = NeedOf(model_, wanted);
    const bool owned = WaitsForOwned(wanted.kind);
    if (!need.tasks.empty()) {
      const ObjectId object = wanted.kind == WaitKind::kJoin ? 0 : wanted.id;
      crowds.push_back(NewCrowd({.object = object, .owned = owned}));
      for (const TaskId server : need.tasks) AddServer(crowds.back(), server);
    }
    for (const ObjectId id : need.objects) {
      const ObjectInfo& object = model_.Object(id);
      crowds.push_back(NewCrowd({.object = id, .kind = LinkKind::kUsed, .owned = owned}));
      for (const TaskId user : object.users) {
        if (stuck_.IsThere(user) && !Wants(user, wanted)) AddServer(crowds.back(), user);
      }
      if (Stuck::DependsOnWaiter(object)) continue;
      crowds.push_back(NewCrowd({.object = id, .kind = LinkKind::kCould, .owned = owned}));
      const std::size_t scanned = std::min(tasks_.size(), kScanned);
      for (std::size_t i = 0; i < scanned; ++i) AddGuess(crowds.back(), tasks_[i], 0, wanted);
    }
    return crowds;
  }

  std::size_t NewCrowd(Crowd crowd) {
    crowds_.push_back(std::move(crowd));
    return crowds_.size() - 1;
  }

  void AddServer(std::size_t crowd, TaskId server) {
    ++crowds_[crowd].size;
    ++crowds_[crowd].open;
    const auto node = node_of_.find(server);
    if (node != node_of_.end()) crowds_[crowd].servers.push_back(node->second);
  }

  void AddGuess(std::size_t crowd, TaskId other, TaskId waiter, const Wanted& wanted) {
    const ObjectInfo& object = model_.Object(crowds_[crowd].object);
    if (crowds_[crowd].servers.size() == kGuesses || Wants(other, wanted)) return;
    if (stuck_.MayRefer(model_.Task(other), waiter, object)) AddServer(crowd, other);
  }

  // Where the handles of a channel are accounted for, its waiters each have their own guesses:
  // who made it, the tasks they spawned, those who want a lock that they hold.
  void AddGuessesOfOne() {
    absl::flat_hash_map<TaskId, std::vector<TaskId>> near;
    for (const TaskId task : tasks_) near[model_.Task(task).parent].push_back(task);
    for (std::size_t crowd = 0; crowd < crowds_.size(); ++crowd) {
      if (crowds_[crowd].kind != LinkKind::kHolds) continue;
      for (const std::uint32_t owner : crowds_[crowd].servers) {
        for (const std::uint32_t waiter : crowds_[crowd].waiting) {
          if (near[tasks_[owner]].size() == kScanned) break;
          near[tasks_[owner]].push_back(tasks_[waiter]);
        }
      }
    }
    for (std::uint32_t node = 0; node < tasks_.size(); ++node) {
      const TaskId task = tasks_[node];
      for (const Wanted& wanted : WantedBy(model_.Task(task).wait)) {
        if (wanted.kind != WaitKind::kSend && wanted.kind != WaitKind::kRecv) continue;
        const ObjectInfo& object = model_.Object(wanted.id);
        if (!Stuck::DependsOnWaiter(object)) continue;
        const std::size_t crowd = NewCrowd({.object = object.id, .kind = LinkKind::kCould});
        if (node_of_.contains(object.creator)) AddGuess(crowd, object.creator, task, wanted);
        for (const TaskId other : near[task]) {
          if (other != object.creator) AddGuess(crowd, other, task, wanted);
        }
        Join(node, crowd);
      }
    }
  }

  bool Wants(TaskId task, const Wanted& wanted) const {
    const Wait& wait = model_.Task(task).wait;
    if (wait.kind == wanted.kind) return wait.object == wanted.id;
    if (wait.kind != WaitKind::kSelect) return false;
    const bool sends = wanted.kind == WaitKind::kSend;
    if (!sends && wanted.kind != WaitKind::kRecv) return false;
    return std::ranges::any_of(wait.cases, [&](const SelectCase& choice) {
      return choice.channel == wanted.id && choice.is_send == sends;
    });
  }

  // Whether a cycle may go on to this server: guesses count where it waits for something owned.
  bool MayClose(const Crowd& crowd, std::uint32_t server) const {
    return crowd.kind != LinkKind::kCould || WaitsForOwned(model_.Task(tasks_[server]).wait.kind);
  }

  AdjacencyLists Arrows() const {
    AdjacencyLists out(tasks_.size() + crowds_.size());
    for (std::size_t i = 0; i < crowds_.size(); ++i) {
      for (const std::uint32_t waiter : crowds_[i].waiting) out[waiter].push_back(Node(i));
      for (const std::uint32_t server : crowds_[i].servers) {
        if (MayClose(crowds_[i], server)) out[Node(i)].push_back(server);
      }
    }
    return out;
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
      std::uint32_t from;
    };
    absl::flat_hash_map<std::uint32_t, Reached> reached;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    const auto reach = [&](std::uint32_t node, Reached by) {
      if (components_.of[node] != components_.of[start]) return;
      const auto [it, is_new] = reached.try_emplace(node, by);
      if (!is_new && it->second.cost <= by.cost) return;
      it->second = by;
      queue.push({by.cost, node});
    };
    queue.push({0, start});
    while (!queue.empty()) {
      const auto [cost, node] = queue.top();
      queue.pop();
      if (cost >= *best_cost) return;
      if (cost > 0 && node == start) {
        *best_cost = cost;
        best->clear();
        do {
          const std::uint32_t server = best->empty() ? start : node_of_.at(best->back().waiter);
          const std::uint32_t through = reached.at(server).from;
          const Crowd& crowd = crowds_[through - tasks_.size()];
          const std::uint32_t waiter = reached.at(through).from;
          best->push_back({tasks_[waiter], crowd.object, tasks_[server], crowd.kind});
        } while (best->back().waiter != tasks_[start]);
        std::reverse(best->begin(), best->end());
        return;
      }
      if (node < tasks_.size()) {
        for (const std::size_t crowd : crowds_of_[node]) reach(Node(crowd), {cost, node});
        continue;
      }
      const Crowd& crowd = crowds_[node - tasks_.size()];
      for (const std::uint32_t server : crowd.servers) {
        if (MayClose(crowd, server)) reach(server, {cost + Cost(crowd.kind), node});
      }
    }
  }

  // From the deadlocks backwards, along certain links and those that are all there is.
  void AddThoseBehind(std::vector<DeadlockCore>& cores) {
    if (cores.empty()) return;
    std::vector<std::vector<std::size_t>> serves(tasks_.size());  // by node: crowds
    for (std::size_t i = 0; i < crowds_.size(); ++i) {
      for (const std::uint32_t server : crowds_[i].servers) serves[server].push_back(i);
    }
    std::vector<std::uint32_t> queue;
    for (std::uint32_t node = 0; node < tasks_.size(); ++node) {
      if (core_of_[node] != kNone) queue.push_back(node);
    }
    for (std::size_t next = 0; next < queue.size(); ++next) {
      const std::size_t core = core_of_[queue[next]];
      for (const std::size_t index : serves[queue[next]]) {
        Crowd& crowd = crowds_[index];
        const bool first = crowd.open-- == crowd.size;
        if (crowd.owned ? !first : crowd.open != 0) continue;
        for (const std::uint32_t waiter : crowd.waiting) {
          if (core_of_[waiter] != kNone || !IsBehind(waiter)) continue;
          core_of_[waiter] = core;
          cores[core].behind.push_back(tasks_[waiter]);
          queue.push_back(waiter);
        }
      }
    }
    for (DeadlockCore& core : cores) std::ranges::sort(core.behind);
  }

  // Less sure links matter only where there are no others. Of what is owned, one of those who
  // have to act is enough.
  bool IsBehind(std::uint32_t waiter) const {
    LinkKind surest = LinkKind::kCould;
    for (const std::size_t crowd : crowds_of_[waiter]) {
      if (crowds_[crowd].size != 0) surest = std::min(surest, crowds_[crowd].kind);
    }
    return std::ranges::all_of(crowds_of_[waiter], [&](std::size_t index) {
      const Crowd& crowd = crowds_[index];
      if (crowd.size == 0 || crowd.kind != surest) return true;
      return crowd.owned ? crowd.open < crowd.size : crowd.open == 0;
    });
  }

  const Stuck& stuck_;
  const Model& model_;
  std::vector<TaskId> tasks_;  // by node
  absl::flat_hash_map<TaskId, std::uint32_t> node_of_;
  std::vector<Crowd> crowds_;
  absl::flat_hash_map<Wanted, std::vector<std::size_t>> crowds_at_;
  std::vector<std::vector<std::size_t>> crowds_of_;  // by node
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
