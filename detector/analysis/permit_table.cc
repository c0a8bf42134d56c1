#include "detector/analysis/permit_table.h"

#include <algorithm>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

void Intersect(PermitSet& set, const PermitSet& other) {
  for (PermitsHeld& held : set) {
    const auto same = std::ranges::find(other, held.pool, &PermitsHeld::pool);
    held.count = same == other.end() ? 0 : std::min(held.count, same->count);
  }
  set.erase(std::remove_if(set.begin(), set.end(),
                           [](const PermitsHeld& held) { return held.count == 0; }),
            set.end());
}

void PermitTable::On(const Event& event, const Model& model) {
  constexpr std::uint32_t kMost = PagedTable<TaskState>::kMaxId;  // no recorder gives larger ids
  if (event.seq >= kNever || event.task > kMost || event.subject > kMost) return;
  const Seq at = static_cast<Seq>(event.seq);
  TaskState& task = *tasks_.At(event.task);
  switch (event.type) {
    case EventType::kTaskSpawn:
      tasks_.At(event.subject)->parent = event.task;
      tasks_.At(event.subject)->spawned = at;
      return;
    case EventType::kSemAcquire:
    case EventType::kSemRelease: {
      std::uint32_t& pool = objects_.At(event.subject)->slots;
      const auto size = static_cast<std::int64_t>(model.Object(event.subject).detail);
      if (pool == 0) pool = NewPool(Filled::kFromStart, size);
      const auto count = static_cast<std::int64_t>(event.args[0]);
      const bool takes = event.type == EventType::kSemAcquire;
      return takes ? Acquire(task, pool, count, at) : Release(task, pool, count, at);
    }
    case EventType::kChanSend:
    case EventType::kChanRecv:
    case EventType::kChanClose:
      return OnChannel(event, task, model);
    default:
      return;
  }
}

void PermitTable::OnChannel(const Event& event, TaskState& task, const Model& model) {
  ObjectState& channel = *objects_.At(event.subject);
  if (channel.slots == 0) {
    const auto size = static_cast<std::int64_t>(model.Object(event.subject).detail);
    channel.slots = NewPool(Filled::kFromStart, size);
    channel.tokens = NewPool(Filled::kByReleases, size);
    // Without a buffer it has neither slots nor tokens.
    pools_[channel.slots].left_out = pools_[channel.tokens].left_out = size <= 0;
  }
  const Seq at = static_cast<Seq>(event.seq);
  if (event.type == EventType::kChanClose) {
    pools_[channel.slots].left_out = pools_[channel.tokens].left_out = true;
  } else if (event.type == EventType::kChanSend) {
    Acquire(task, channel.slots, 1, at);
    Release(task, channel.tokens, 1, at);
  } else {
    Release(task, channel.slots, 1, at);
    Acquire(task, channel.tokens, 1, at);
  }
}

std::uint32_t PermitTable::NewPool(Filled filled, std::int64_t size) {
  pools_.push_back(
      {.filled = filled, .permits = filled == Filled::kFromStart ? size : 0, .most = size});
  return static_cast<std::uint32_t>(pools_.size() - 1);
}

void PermitTable::Acquire(TaskState& task, std::uint32_t pool, std::int64_t count, Seq at) {
  if (pools_[pool].left_out || count <= 0) return;
  const std::uint32_t outer = task.open.empty() ? kNoAcquire : task.open.back();
  task.open.push_back(static_cast<std::uint32_t>(task.holds.size()));
  task.holds.push_back({.from = at, .pool = pool, .outer = outer, .count = count});
}

void PermitTable::Release(TaskState& task, std::uint32_t index, std::int64_t count, Seq at) {
  if (pools_[index].left_out) return;
  count = Return(task, index, count, at);
  while (count > 0 && Inherit(task, index, at)) --count;
  Pool& pool = pools_[index];
  pool.permits += pool.filled == Filled::kByReleases ? count : 0;
  pool.left_out = count > 0 && (pool.filled == Filled::kFromStart || pool.permits > pool.most);
}

// Gives back what the task took itself, the newest first; how many that does not account for.
std::int64_t PermitTable::Return(TaskState& task, std::uint32_t pool, std::int64_t count, Seq at) {
  for (std::size_t i = task.open.size(); i-- > 0 && count > 0;) {
    Hold& hold = task.holds[task.open[i]];
    if (hold.pool != pool) continue;
    hold.to = at;
    const std::int64_t kept = hold.count - std::min(hold.count, count);
    count -= hold.count - kept;
    task.open.erase(task.open.begin() + static_cast<std::ptrdiff_t>(i));
    Acquire(task, pool, kept, at);  // of a large one, only a part was given back
  }
  return count;
}

// A permit that the task's parent took last before it started it.
bool PermitTable::Inherit(TaskState& task, std::uint32_t pool, Seq at) {
  if (task.parent == 0) return false;
  TaskState& parent = *tasks_.At(task.parent);
  for (std::size_t i = parent.open.size(); i-- > 0;) {
    Hold& hold = parent.holds[parent.open[i]];
    if (hold.pool != pool || hold.from > task.spawned || hold.count != 1) continue;
    hold.to = task.spawned;
    task.inherited.push_back({.from = task.spawned, .to = at, .pool = pool, .count = 1});
    parent.open.erase(parent.open.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

PermitSet PermitTable::HeldAt(TaskId id, Seq at) const {
  PermitSet held;
  const TaskState* const task = tasks_.Find(id);
  if (task == nullptr) return held;
  const auto add = [&](const Hold& hold) {
    if (hold.from >= at || hold.to <= at || pools_[hold.pool].left_out) return;
    const auto same = std::ranges::find(held, hold.pool, &PermitsHeld::pool);
    if (same != held.end()) {
      same->count += hold.count;
    } else {
      held.push_back({hold.pool, hold.count});
    }
  };
  for (const Hold& hold : task->inherited) add(hold);
  // All holds open at a position are on the chain of enclosing ones from the last begun.
  const auto past = std::ranges::upper_bound(task->holds, at, {}, &Hold::from);
  if (past == task->holds.begin()) return held;
  for (auto i = static_cast<std::uint32_t>(past - task->holds.begin() - 1); i != kNoAcquire;
       i = task->holds[i].outer) {
    add(task->holds[i]);
  }
  return held;
}

}  // namespace gordian::detector
