#include "detector/analysis/lock_pattern.h"

#include <algorithm>

namespace gordian::detector {

using Instance = AbstractAcquire::Instance;

bool HaveGate(std::span<const HeldMode> a, std::span<const HeldMode> b) {
  for (const HeldMode& x : a) {
    for (const HeldMode& y : b) {
      if (x.lock == y.lock && !(x.shared && y.shared)) return true;
    }
  }
  return false;
}

// --- Predictor ---------------------------------------------------------------

void Predictor::Refresh(std::uint64_t budget) {
  sections_.Refresh(trace_);
  limit_ = closure_.steps() + budget;
}

Obstacle Predictor::Predict(Pattern& pattern) {
  if (Reach(pattern, SpClosure::Flows::kAll, /*with_sections=*/true)) return Obstacle::kNone;
  // The plainest reason: does it stand without the sections, without the values?
  Obstacle obstacle = Obstacle::kSpawnJoin;
  if (Reach(pattern, SpClosure::Flows::kAll, /*with_sections=*/false)) {
    obstacle = Obstacle::kSections;
  } else if (Reach(pattern, SpClosure::Flows::kStructural, false)) {
    obstacle = Obstacle::kFlow;
  }
  return closure_.steps() > limit_ ? Obstacle::kEffort : obstacle;
}

// Moves along the instances: those that the closure contains can never be reached together
// with the others, nor with any later ones of theirs.
bool Predictor::Reach(Pattern& pattern, SpClosure::Flows flows, bool with_sections) {
  closure_.Clear(flows);
  std::vector<std::size_t> at(pattern.size(), 0);
  while (closure_.steps() <= limit_) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      closure_.Include(pattern[i].task, pattern[i].instances[at[i]].at - 1);
    }
    if (with_sections && !closure_.Close()) return false;
    bool apart = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const std::span<const Instance> all = pattern[i].instances;
      const Seq upto = closure_.Upto(pattern[i].task);
      if (upto < all[at[i]].at) continue;
      apart = true;
      at[i] = static_cast<std::size_t>(
          std::upper_bound(all.begin() + static_cast<std::ptrdiff_t>(at[i]), all.end(), upto,
                           [](Seq seq, const Instance& instance) { return seq < instance.at; }) -
          all.begin());
      if (at[i] == all.size()) return false;
    }
    if (apart) continue;
    for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i].chosen = at[i];
    return true;
  }
  return false;
}

// --- PatternFinder -----------------------------------------------------------

std::size_t PatternFinder::ForEach(std::span<const std::uint32_t> edges, Visit visit,
                                   std::size_t most) {
  chosen_.clear();
  std::size_t left = most;
  Choose(edges, visit, &left);
  return most - left;
}

bool PatternFinder::Choose(std::span<const std::uint32_t> edges, Visit visit, std::size_t* left) {
  if (chosen_.size() == edges.size()) {
    Pattern pattern;
    return !SetModes(edges, pattern) || visit(pattern);
  }
  for (const std::uint32_t index : graph_.edge(edges[chosen_.size()]).acquires) {
    if (*left == 0) return false;
    --*left;
    const AbstractAcquire& acquire = graph_.acquire(index);
    if (!Fits(acquire)) continue;
    chosen_.push_back(&acquire);
    const bool more = Choose(edges, visit, left);
    chosen_.pop_back();
    if (!more) return false;
  }
  return true;
}

bool PatternFinder::Fits(const AbstractAcquire& next) const {
  return std::none_of(chosen_.begin(), chosen_.end(), [&](const AbstractAcquire* other) {
    return other->task == next.task || HaveGate(other->held, next.held);
  });
}

// Fills in the pattern; false where readers would not block each other.
bool PatternFinder::SetModes(std::span<const std::uint32_t> edges, Pattern& pattern) const {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const AbstractAcquire& acquire = *chosen_[i];
    const ObjectId holds = graph_.edge(edges[i]).from;
    pattern.push_back({.task = acquire.task,
                       .holds = holds,
                       .wants = acquire.lock,
                       .holds_shared = acquire.Holding(holds)->shared,
                       .wants_shared = acquire.shared,
                       .instances = acquire.instances});
  }
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    PatternStep& step = pattern[i];
    if (!step.wants_shared || !pattern[(i + 1) % pattern.size()].holds_shared) continue;
    step.needs_writer = true;
    if (model_.Object(step.wants).kind != trace::ObjectKind::kRWMutex) return false;
    if (!OthersWrite(step.wants, pattern)) return false;
  }
  return true;
}

bool PatternFinder::OthersWrite(ObjectId lock, const Pattern& pattern) const {
  for (const LockSections::User& user : sections_.UsersOf(lock)) {
    const bool member = std::any_of(pattern.begin(), pattern.end(), [&](const PatternStep& step) {
      return step.task == user.task;
    });
    if (!member && !user.writes.empty()) return true;
  }
  return false;
}

}  // namespace gordian::detector
