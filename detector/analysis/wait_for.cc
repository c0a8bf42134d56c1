#include "detector/analysis/wait_for.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace gordian::detector {

using trace::ObjectKind;

namespace {

constexpr TaskId kMain = 1;
constexpr std::size_t kGuesses = 64;     // links to tasks that only may have a reference
constexpr std::size_t kScanned = 1'024;  // tasks asked for them

bool AtEnd(const Cut& cut) {
  return cut.kind == CutKind::kTestEnd || cut.kind == CutKind::kProgramEnd;
}

// --- What a wait needs -------------------------------------------------------

void NeedOfLock(const Model& model, WaitKind kind, const ObjectInfo& lock, Need& need) {
  if (lock.foreign_unlock) {
    need.objects.push_back(lock.id);
    return;
  }
  if (kind == WaitKind::kLock || lock.write_held) {
    need.tasks.assign(lock.holders.begin(), lock.holders.end());
  } else if (lock.kind == ObjectKind::kRWMutex) {
    // Readers may hold it; what keeps this one out is a writer that waits.
    for (const TaskId other : lock.waiters) {
      if (model.Task(other).wait.kind != WaitKind::kLock) continue;
      need.tasks.push_back(other);
      break;
    }
  }
  need.satisfied = need.tasks.empty();
}

// Whether the channel is ready for this end: a sender or receiver that was not run yet.
bool IsReady(const ObjectInfo& channel, bool is_send) {
  if (channel.closed) return true;
  return is_send ? channel.value < static_cast<std::int64_t>(channel.detail) : channel.value > 0;
}

}  // namespace

std::vector<Wanted> WantedBy(const Wait& wait) {
  switch (wait.kind) {
    case WaitKind::kNone:
    case WaitKind::kSleep:
    case WaitKind::kNilChan:
      return {};
    case WaitKind::kJoin:
      return {{wait.kind, wait.joined}};
    case WaitKind::kSelect:
      break;
    default:
      return {{wait.kind, wait.object}};
  }
  std::vector<Wanted> wanted;
  for (const SelectCase& choice : wait.cases) {
    const Wanted one{choice.is_send ? WaitKind::kSend : WaitKind::kRecv, choice.channel};
    if (one.id != 0 && std::ranges::find(wanted, one) == wanted.end()) wanted.push_back(one);
  }
  return wanted;
}

bool WaitsForOwned(WaitKind kind) {
  switch (kind) {
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

Need NeedOf(const Model& model, const Wanted& wanted) {
  Need need;
  const ObjectInfo& object = model.Object(wanted.kind != WaitKind::kJoin ? wanted.id : 0);
  switch (wanted.kind) {
    case WaitKind::kLock:
    case WaitKind::kRLock:
      NeedOfLock(model, wanted.kind, object, need);
      break;
    case WaitKind::kOnce:
      need.tasks.assign(object.holders.begin(), object.holders.end());
      need.satisfied = need.tasks.empty();
      break;
    case WaitKind::kJoin: {
      const TaskInfo& joined = model.Task(wanted.id);
      need.tasks = {wanted.id};
      // A thread that the trace does not know may end at any time.
      need.satisfied = joined.ended || (!joined.started && joined.spawned_seq == 0);
      break;
    }
    case WaitKind::kSend:
    case WaitKind::kRecv:
      need.objects = {wanted.id};
      need.satisfied = IsReady(object, wanted.kind == WaitKind::kSend);
      break;
    case WaitKind::kWaitGroup:
      need.objects = {wanted.id};
      need.satisfied = object.value == 0;
      break;
    case WaitKind::kCond:
    case WaitKind::kSemaphore:
    case WaitKind::kBarrier:
      need.objects = {wanted.id};
      break;
    case WaitKind::kNone:
    case WaitKind::kSelect:
    case WaitKind::kSleep:
    case WaitKind::kNilChan:
      break;  // never wanted by themselves
  }
  return need;
}

Need NeedOf(const Model& model, TaskId task) {
  Need need;
  const Wait& wait = model.Task(task).wait;
  need.satisfied = wait.kind == WaitKind::kNone || wait.kind == WaitKind::kSleep || wait.timed;
  for (const Wanted& wanted : WantedBy(wait)) {
    const Need one = NeedOf(model, wanted);
    need.tasks.insert(need.tasks.end(), one.tasks.begin(), one.tasks.end());
    need.objects.insert(need.objects.end(), one.objects.begin(), one.objects.end());
    need.satisfied |= one.satisfied;
  }
  return need;
}

// --- The fixpoint ------------------------------------------------------------

namespace {

// Spreads "can go on" from the tasks that are not blocked.
class Spread {
 public:
  Spread(const Model& model, const Cut& cut) : model_(model), cut_(cut) {}

  // False where nothing keeps it.
  bool AddBlocked(TaskId task) {
    const Wait& wait = model_.Task(task).wait;
    if (wait.kind == WaitKind::kNone || wait.kind == WaitKind::kSleep || wait.timed) return false;
    waits_.clear();
    for (const Wanted& wanted : WantedBy(wait)) {
      waits_.push_back(CrowdAt(wanted));
      if (crowds_[waits_.back()].satisfied) return false;
    }
    for (const std::size_t crowd : waits_) crowds_[crowd].waiting.push_back(task);
    return true;
  }

  void AddFree(TaskId task) { Reach(task); }
  bool HasFree() const { return !reached_.empty(); }

  void AddTimer(const ObjectInfo& timer) {
    if (timer.detail != 0) {
      served_.push_back(static_cast<ObjectId>(timer.detail));
    } else {
      newest_ = std::max(newest_, timer.begin_seq);
      any_ = true;
    }
  }

  absl::flat_hash_set<TaskId> Run() {
    std::sort(by_age_.begin(), by_age_.end(),
              [](const Aged& a, const Aged& b) { return a.begin_seq < b.begin_seq; });
    do {
      while (!queue_.empty()) {
        const TaskId task = queue_.back();
        queue_.pop_back();
        GoOn(task);
      }
      ServeByReference();
    } while (!queue_.empty());
    return std::move(reached_);
  }

 private:
  struct Aged {
    std::uint64_t begin_seq;
    ObjectId object;
  };

  // Those who wait for the same thing.
  struct Crowd {
    std::vector<TaskId> waiting;
    std::size_t missing = 0;  // of the tasks that all have to go on first
    bool satisfied = false;
  };

  std::size_t CrowdAt(const Wanted& wanted) {
    const auto [found, is_new] = crowd_of_.try_emplace(wanted, crowds_.size());
    if (!is_new) return found->second;
    const std::size_t index = found->second;
    const Need need = NeedOf(model_, wanted);
    crowds_.push_back({.missing = need.tasks.size(), .satisfied = need.satisfied});
    for (const TaskId server : need.tasks) waits_for_[server].push_back(index);
    for (const ObjectId object : need.objects) {
      std::vector<std::size_t>& crowds = waits_on_[object];
      if (crowds.empty()) Watch(object);
      crowds.push_back(index);
    }
    return index;
  }

  void ReachAll(std::size_t crowd) {
    for (const TaskId waiter : crowds_[crowd].waiting) Reach(waiter);
  }

  void Watch(ObjectId id) {
    const ObjectInfo& object = model_.Object(id);
    for (const TaskId user : object.users) used_by_[user].push_back(id);
    // Locks, WaitGroups and the like are often recorded at their first use only: a task that is
    // older may still have had a reference.
    const bool exact = AtEnd(cut_) && object.kind == ObjectKind::kChan && object.begin_seq != 0;
    by_age_.push_back({exact ? object.begin_seq : 0, id});
  }

  void Reach(TaskId task) {
    if (reached_.insert(task).second) queue_.push_back(task);
  }

  void GoOn(TaskId task) {
    if (const auto it = waits_for_.find(task); it != waits_for_.end()) {
      for (const std::size_t crowd : it->second) {
        if (--crowds_[crowd].missing == 0) ReachAll(crowd);
      }
    }
    const TaskInfo& info = model_.Task(task);
    const bool runs_tests =
        cut_.kind == CutKind::kTestEnd && info.parent == 0 && info.kind == trace::TaskKind::kThread;
    if (!runs_tests) {
      newest_ = std::max(newest_, info.spawned_seq);
      any_ = true;
    }
    const auto used = used_by_.find(task);
    if (used == used_by_.end()) return;
    for (const ObjectId object : used->second) {
      if (!runs_tests || model_.Object(object).test != cut_.test_id) served_.push_back(object);
    }
  }

  void ServeByReference() {
    while (any_ && oldest_ < by_age_.size() && by_age_[oldest_].begin_seq <= newest_) {
      served_.push_back(by_age_[oldest_++].object);
    }
    for (const ObjectId object : served_) {
      const auto it = waits_on_.find(object);
      if (it == waits_on_.end()) continue;
      for (const std::size_t crowd : it->second) ReachAll(crowd);
      waits_on_.erase(it);
    }
    served_.clear();
  }

  const Model& model_;
  const Cut& cut_;
  std::vector<Crowd> crowds_;
  absl::flat_hash_map<Wanted, std::size_t> crowd_of_;
  absl::flat_hash_map<TaskId, std::vector<std::size_t>> waits_for_;   // which crowds do
  absl::flat_hash_map<ObjectId, std::vector<std::size_t>> waits_on_;  // the same
  std::vector<std::size_t> waits_;                                    // scratch
  absl::flat_hash_map<TaskId, std::vector<ObjectId>> used_by_;        // of what is waited on
  std::vector<Aged> by_age_;
  std::vector<ObjectId> served_;
  std::vector<TaskId> queue_;
  absl::flat_hash_set<TaskId> reached_;
  std::size_t oldest_ = 0;    // of by_age_: the first not served
  std::uint64_t newest_ = 0;  // latest spawn among who can go on
  bool any_ = false;
};

}  // namespace

Stuck::Stuck(const Model& model, const Cut& cut) : model_(model), cut_(cut) {
  Spread spread(model, cut_);
  const bool has_fibers = std::ranges::any_of(model.open_tasks(), [&](TaskId id) {
    return model.Task(id).kind == trace::TaskKind::kFiber;
  });
  std::vector<TaskId> parked;
  for (const TaskId id : model.open_tasks()) {
    const TaskInfo& task = model.Task(id);
    if (IsGone(task)) continue;
    state_[id] = State::kStuck;
    if (task.frozen) continue;
    if (has_fibers && !task.running && !task.wait) {
      parked.push_back(id);
    } else if (task.ready_since != 0 || !spread.AddBlocked(id)) {
      spread.AddFree(id);
    }
  }
  // A fiber goes on when whoever runs switches to it.
  if (spread.HasFree() || !model.armed_timers().empty()) {
    for (const TaskId id : parked) spread.AddFree(id);
  }
  for (const ObjectId timer : model.armed_timers()) spread.AddTimer(model.Object(timer));
  const absl::flat_hash_set<TaskId> reached = spread.Run();
  for (const TaskId id : reached) state_[id] = State::kGoesOn;
  for (const TaskId id : model.open_tasks()) {
    if (ForEver(id) && !model.Task(id).frozen) stuck_.push_back(id);
  }
  const auto& timers = model.armed_timers();
  const bool function_pending = std::any_of(timers.begin(), timers.end(), [&](ObjectId timer) {
    return model.Object(timer).detail == 0;
  });
  // A thread that runs main may leave by pthread_exit: the process lives on.
  const bool main_waits_or_left = ForEver(kMain) || model.Task(kMain).ended;
  everything_ = reached.empty() && !function_pending && !stuck_.empty() && main_waits_or_left &&
                !model.main_ended();
}

bool Stuck::IsGone(const TaskInfo& task) const {
  if (task.id == 0 || task.ended || task.kind == trace::TaskKind::kInternal) return true;
  // A task that was only named by a join, never seen to run or to be spawned.
  if (!task.started && task.spawned_seq == 0 && !task.wait) return true;
  return task.id == kMain && model_.main_ended() && !task.wait;
}

// --- Links -------------------------------------------------------------------

bool Stuck::MayRefer(const TaskInfo& task, TaskId waiter, const ObjectInfo& object) const {
  if (task.id == waiter || IsGone(task) || task.frozen) return false;
  if (task.id == object.creator) return true;
  if (object.kind != ObjectKind::kChan) return true;
  if (task.spawned_seq < object.begin_seq) return false;
  // Handles that are all accounted for by waiters leave only a captured reference, or a handle
  // inside something shared: by those who want a lock that the waiter holds, as likely as not.
  if (!DependsOnWaiter(object) || task.parent == waiter) return true;
  const std::vector<TaskId> owners = NeedOf(model_, task.id).tasks;
  return std::find(owners.begin(), owners.end(), waiter) != owners.end();
}

// Whether all handles of the channel are accounted for by those who wait on it.
bool Stuck::DependsOnWaiter(const ObjectInfo& object) {
  return object.kind == ObjectKind::kChan && object.handles != 0 &&
         object.handles <= object.waiters.size();
}

std::vector<Link> Stuck::Links(TaskId task) const {
  std::vector<Link> links;
  const Wait& wait = model_.Task(task).wait;
  if (!wait) return links;
  const Need need = NeedOf(model_, task);
  for (const TaskId server : need.tasks) links.push_back({task, wait.object, server});
  for (const ObjectId id : need.objects) {
    const ObjectInfo& object = model_.Object(id);
    absl::flat_hash_set<TaskId> listed;
    for (const TaskId user : object.users) {
      if (user == task || !IsThere(user)) continue;
      links.push_back({task, id, user, LinkKind::kUsed});
      listed.insert(user);
    }
    std::size_t left = kGuesses, scanned = 0;
    for (const TaskId other : stuck_) {
      if (left == 0 || ++scanned > kScanned) break;
      if (listed.contains(other) || !MayRefer(model_.Task(other), task, object)) continue;
      links.push_back({task, id, other, LinkKind::kCould});
      --left;
    }
  }
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return std::tie(a.kind, a.object, a.server) < std::tie(b.kind, b.object, b.server);
  });
  return links;
}

std::vector<TaskId> Stuck::CouldServe(TaskId task) const {
  std::vector<TaskId> servers;
  absl::flat_hash_set<TaskId> listed;
  for (const Link& link : Links(task)) {
    if (listed.insert(link.server).second) servers.push_back(link.server);
  }
  return servers;
}

}  // namespace gordian::detector
