#include "detector/analysis/lock_order.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace gordian::detector {
namespace {

// Per cut. What is beyond is not listed or stays suspected; none is reached by
// programs whose locks have an order with exceptions.
constexpr std::uint64_t kCycleSteps = 5'000'000;
constexpr std::uint64_t kClosureSteps = 30'000'000;
constexpr std::size_t kCombinations = 300'000;
constexpr std::size_t kCombinationsOfOne = 1'000;  // of tasks, for one cycle of locks
constexpr std::size_t kPredictionsOfOne = 32;
constexpr std::size_t kListed = 100;  // cases

bool ReadsOnly(const PatternStep& step) { return step.holds_shared || step.wants_shared; }

}  // namespace

void LockOrder::On(const trace::Event& event, const Model& model) {
  permits_.On(event, model);
  const auto request = trace_.On(event, model);
  if (request.has_value() && graph_.Add(*request, trace_)) fresh_ = true;
}

std::vector<Finding> LockOrder::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  if (!fresh_) return findings;
  fresh_ = false;
  predictor_.Refresh(kClosureSteps);
  left_ = kCombinations;
  not_listed_ = 0;
  always_held_.clear();
  FindCycles(cut, model);
  for (auto& [places, found] : cases_) {
    findings.push_back(DescribeLockOrder(found, trace_, graph_, cut, model));
    reported_[places] = findings.back().verdict;
  }
  if (not_listed_ > 0) {
    findings.back().reasons.push_back(
        absl::StrCat(not_listed_, " more cycles of locks at other places are not listed."));
  }
  cases_.clear();
  FindRecursiveReads(cut, model, &findings);
  return findings;
}

void LockOrder::FindCycles(const Cut& cut, const Model& model) {
  const auto is_signal = [&](ObjectId lock) { return model.Object(lock).foreign_unlock; };
  graph_.ForEachCycle(
      is_signal, [&](std::span<const std::uint32_t> edges) { return Consider(edges, cut, model); },
      kCycleSteps);
}

// False where the effort for this cut is spent.
bool LockOrder::Consider(std::span<const std::uint32_t> edges, const Cut& cut, const Model& model) {
  Locks locks;
  for (const std::uint32_t edge : edges) locks.push_back(graph_.edge(edge).from);
  if (seen_.contains(locks)) return true;
  if (IsConfirmed(locks, cut, model)) {
    seen_.insert(std::move(locks));
    return true;
  }
  LockOrderCase best;
  best.edges.assign(edges.begin(), edges.end());
  std::size_t predictions = 0;
  const auto visit = [&](Pattern& pattern) {
    const auto places = PlacesOf(pattern);
    const auto known = cases_.find(places);
    const bool settled = known != cases_.end() && known->second.obstacle == Obstacle::kNone;
    const bool readers = std::any_of(pattern.begin(), pattern.end(), ReadsOnly);
    const Obstacle obstacle = settled   ? Obstacle::kNone
                              : readers ? Obstacle::kReaders
                                        : predictor_.Predict(pattern);
    if (obstacle != Obstacle::kNone && KeptApartByPermits(pattern)) return true;
    if (best.pattern.empty() || obstacle == Obstacle::kNone) {
      best.pattern = pattern;
      best.obstacle = obstacle;
    }
    return obstacle != Obstacle::kNone && ++predictions < kPredictionsOfOne;
  };
  left_ -= PatternFinder(graph_, predictor_.sections(), model)
               .ForEach(edges, visit, std::min(left_, kCombinationsOfOne));
  if (best.pattern.empty()) return left_ > 0;
  if (best.obstacle == Obstacle::kNone) seen_.insert(std::move(locks));
  Keep(std::move(best));
  return left_ > 0;
}

// The cycle has come true: its locks are held and waited for by tasks that a deadlock's
// finding accounts for.
bool LockOrder::IsConfirmed(const Locks& locks, const Cut& cut, const Model& model) const {
  const auto explained = [&](TaskId task) { return cut.Explained(task); };
  return std::all_of(locks.begin(), locks.end(), [&](ObjectId lock) {
    const ObjectInfo& object = model.Object(lock);
    return std::any_of(object.holders.begin(), object.holders.end(), explained) &&
           std::any_of(object.waiters.begin(), object.waiters.end(), explained);
  });
}

// Whether the tasks hold, whenever they ask, more permits between them than there are.
bool LockOrder::KeptApartByPermits(const Pattern& pattern) {
  if (permits_.empty()) return false;
  absl::flat_hash_map<std::uint32_t, std::int64_t> together;
  for (const PatternStep& step : pattern) {
    for (const PermitsHeld& held : AlwaysHeld(step)) together[held.pool] += held.count;
  }
  return std::ranges::any_of(
      together, [&](const auto& pool) { return pool.second > permits_.PermitsOf(pool.first); });
}

const PermitSet& LockOrder::AlwaysHeld(const PatternStep& step) {
  const auto [it, is_new] = always_held_.try_emplace(step.instances.data());
  if (!is_new) return it->second;
  it->second = permits_.HeldAt(step.task, step.instances.front().at);
  for (const AbstractAcquire::Instance& instance : step.instances.subspan(1)) {
    if (it->second.empty()) break;
    Intersect(it->second, permits_.HeldAt(step.task, instance.at));
  }
  return it->second;
}

// One pattern is one finding, however many locks it was seen with: the places count, in a circle of
// any length.
void LockOrder::Keep(LockOrderCase found) {
  Places places = PlacesOf(found.pattern);
  const bool predicted = found.obstacle == Obstacle::kNone;
  const auto before = reported_.find(places);
  if (before != reported_.end() && (!predicted || before->second == Verdict::kPredicted)) return;
  if (cases_.size() >= kListed && !cases_.contains(places)) {
    ++not_listed_;
    // What is predicted is listed in place of what is only suspected.
    const auto suspected = std::find_if(cases_.begin(), cases_.end(), [](const auto& entry) {
      return entry.second.obstacle != Obstacle::kNone;
    });
    if (!predicted || suspected == cases_.end()) return;
    cases_.erase(suspected);
  }
  const auto [it, is_new] = cases_.try_emplace(std::move(places));
  LockOrderCase& kept = it->second;
  found.count = is_new ? 1 : kept.count + 1;
  if (is_new || (predicted && kept.obstacle != Obstacle::kNone)) {
    kept = std::move(found);
  } else {
    kept.count = found.count;
  }
}

LockOrder::Places LockOrder::PlacesOf(const Pattern& pattern) const {
  Places places;
  for (const PatternStep& step : pattern) {
    const std::span<const Acquire> acquires = trace_.Acquires(step.task);
    std::uint32_t index = step.instance().outer;
    while (index != kNoAcquire && acquires[index].lock != step.holds) index = acquires[index].outer;
    const SiteId held_at = index == kNoAcquire ? 0 : acquires[index].site;
    places.emplace_back(held_at, step.instance().site);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

void LockOrder::FindRecursiveReads(const Cut& cut, const Model& model,
                                   std::vector<Finding>* findings) {
  for (const RecursiveRead& read : recursive_reads_.Find(trace_, graph_, predictor_, model)) {
    if (cut.Explained(read.reader)) continue;
    if (!read_places_.insert({read.first.site, read.second.site}).second) continue;
    findings->push_back(DescribeRecursiveRead(read, cut, model));
  }
}

}  // namespace gordian::detector
