#include "detector/analysis/sp_closure.h"

#include <algorithm>
#include <span>
#include <utility>

namespace gordian::detector {

// --- LockSections ------------------------------------------------------------

void LockSections::Refresh(const LockTrace& trace) {
  for (const TaskId task : trace.lockers()) {
    const std::span<const Acquire> acquires = trace.Acquires(task);
    for (std::size_t& next = taken_[task]; next < acquires.size(); ++next) {
      const Acquire& acquire = acquires[next];
      User& user = UserOf(acquire.lock, task);
      (acquire.shared ? user.reads : user.writes).push_back(acquire.at);
    }
  }
}

LockSections::User& LockSections::UserOf(ObjectId lock, TaskId task) {
  std::vector<User>& users = *locks_.At(lock);
  const auto at = std::lower_bound(users.begin(), users.end(), task,
                                   [](const User& user, TaskId id) { return user.task < id; });
  if (at != users.end() && at->task == task) return *at;
  User user;
  user.task = task;
  return *users.insert(at, std::move(user));
}

const std::vector<LockSections::User>& LockSections::UsersOf(ObjectId lock) const {
  static const auto& none = *new std::vector<User>();
  const std::vector<User>* const found = locks_.Find(lock);
  return found != nullptr ? *found : none;
}

// --- SpClosure ---------------------------------------------------------------

void SpClosure::Clear(Flows flows) {
  flows_ = flows;
  for (const TaskId task : touched_) *upto_.At(task) = 0;
  touched_.clear();
}

void SpClosure::Include(TaskId task, Seq upto) {
  pending_.push_back({task, upto});
  while (!pending_.empty()) {
    const Prefix next = pending_.back();
    pending_.pop_back();
    Seq& upto_here = *upto_.At(next.task);
    const Seq had = upto_here;
    if (next.upto <= had) continue;
    if (had == 0) touched_.push_back(next.task);
    upto_here = next.upto;
    const std::span<const Flow> flows = trace_.Flows(next.task);
    auto flow = std::upper_bound(flows.begin(), flows.end(), had,
                                 [](Seq seq, const Flow& f) { return seq < f.to; });
    for (; flow != flows.end() && flow->to <= next.upto; ++flow) {
      ++steps_;
      if (flows_ == Flows::kStructural && flow->structural == 0) continue;
      pending_.push_back({flow->from_task, flow->from});
    }
  }
}

bool SpClosure::Close() {
  bool changed = true;
  while (changed) {
    changed = false;
    // `touched_` grows while sections are ended.
    for (std::size_t i = 0; i < touched_.size(); ++i) {
      if (!CloseTask(touched_[i], &changed)) return false;
    }
  }
  return true;
}

// Ends those of the task's open sections that a later one in the set waits for.
bool SpClosure::CloseTask(TaskId task, bool* changed) {
  const std::span<const Acquire> acquires = trace_.Acquires(task);
  const auto past = std::upper_bound(acquires.begin(), acquires.end(), Upto(task),
                                     [](Seq seq, const Acquire& a) { return seq < a.at; });
  if (past == acquires.begin()) return true;
  // All sections open at a position are on the chain of enclosing ones from the last begun.
  for (auto index = static_cast<std::uint32_t>(past - acquires.begin() - 1); index != kNoAcquire;
       index = acquires[index].outer) {
    ++steps_;
    const Acquire& acquire = acquires[index];
    const TaskId releaser = trace_.Releaser(task, index);
    const Seq ended = Upto(releaser);
    if (acquire.released <= ended || !LaterSectionIncluded(acquire)) continue;
    if (acquire.released == kNever) return false;
    Include(releaser, acquire.released);
    *changed = true;
  }
  return true;
}

// Whether a section that conflicts with `open` and began after it lies in the set.
bool SpClosure::LaterSectionIncluded(const Acquire& open) {
  const auto begins_in = [&](const std::vector<Seq>& begins, Seq upto) {
    const auto later = std::upper_bound(begins.begin(), begins.end(), open.at);
    return later != begins.end() && *later <= upto;
  };
  for (const LockSections::User& user : sections_.UsersOf(open.lock)) {
    ++steps_;
    const Seq upto = Upto(user.task);
    if (upto <= open.at) continue;
    if (begins_in(user.writes, upto)) return true;
    if (open.shared == 0 && begins_in(user.reads, upto)) return true;
  }
  return false;
}

}  // namespace gordian::detector
