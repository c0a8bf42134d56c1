#include "detector/analysis/livelock_retry.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

bool IsFailure(const Event& event) {
  switch (event.type) {
    case EventType::kTryLockFail:
    case EventType::kTryRLockFail:
    case EventType::kAtomicCasFail:
      return true;
    case EventType::kWaitEnd:
      return event.args[0] == static_cast<std::uint64_t>(trace::WaitEndReason::kTimeout);
    default:
      return false;
  }
}

void Add(std::vector<std::uint64_t>& round, const Event& event) {
  constexpr std::size_t kLongest = 64;
  const std::uint64_t word =
      (std::uint64_t{event.subject} << 8) | static_cast<std::uint64_t>(event.type);
  const bool known = std::ranges::find(round, word) != round.end();
  if (!known && round.size() < kLongest) round.push_back(word);
}

std::uint64_t ShapeOf(std::vector<std::uint64_t> round) {
  std::ranges::sort(round);
  std::uint64_t hash = 0;
  for (const std::uint64_t word : round) hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  return hash;
}

}  // namespace

EventSet LivelockRetry::wants() const {
  return Events({EventType::kTryLockFail,  EventType::kTryRLockFail,  EventType::kAtomicCasFail,
                 EventType::kWaitEnd,      EventType::kLock,          EventType::kUnlock,
                 EventType::kRLock,        EventType::kRUnlock,       EventType::kAtomicRmw,
                 EventType::kAtomicStore,  EventType::kChanSend,      EventType::kChanRecv,
                 EventType::kChanClose,    EventType::kSemAcquire,    EventType::kSemRelease,
                 EventType::kWaitGroupAdd, EventType::kOnceEnd,       EventType::kTaskSpawn,
                 EventType::kTaskEnd,      EventType::kWrite,         EventType::kProgress,
                 EventType::kCondWake,     EventType::kBarrierDepart, EventType::kWaitGroupWait,
                 EventType::kTaskJoin});
}

void LivelockRetry::Break(TaskId task, Streak& streak) {
  for (Group& group : groups_) {
    const auto member = std::ranges::find(group.tasks, task);
    if (!group.open || member == group.tasks.end()) continue;
    group.open = false;
    for (std::size_t i = 0; i < group.tasks.size(); ++i) {
      group.streaks[i] = streaks_[group.tasks[i]];
    }
  }
  streak = Streak();
}

// From a task along the blame: back to it, and all have done their rounds?
void LivelockRetry::FindCycle(TaskId task) {
  std::vector<TaskId> path;
  for (TaskId at = task; std::ranges::find(path, at) == path.end();) {
    const auto streak = streaks_.find(at);
    if (streak == streaks_.end() || streak->second.rounds < limits_.livelock_rounds) return;
    path.push_back(at);
    at = streak->second.blames;
    if (at == task) break;
    if (path.size() > 64) return;
  }
  if (path.size() < 2 || streaks_[path.back()].blames != task) return;
  for (const Group& group : groups_) {
    if (group.open && std::ranges::find(group.tasks, task) != group.tasks.end()) return;
  }
  std::vector<Streak> streaks;
  for (TaskId member : path) streaks.push_back(streaks_[member]);
  groups_.push_back({std::move(path), std::move(streaks), true});
}

void LivelockRetry::Fail(const Event& event, ObjectId object, const Model& model) {
  const ObjectInfo& info = model.Object(object);
  TaskId blamed = info.holders.empty() ? 0 : info.holders.front();
  if (const auto changed = changed_by_.find(object); blamed == 0 && changed != changed_by_.end()) {
    blamed = changed->second;
  }
  Streak& streak = streaks_[event.task];
  Add(streak.current, event);
  const std::uint64_t shape = ShapeOf(std::exchange(streak.current, {}));
  if (streak.rounds == 0 || shape != streak.shape || object != streak.failed) {
    if (streak.rounds > 0) Break(event.task, streak);
    streak.shape = shape;
    streak.failed = object;
    streak.since_seq = event.seq;
    streak.since_time = event.time;
  }
  ++streak.rounds;
  streak.site = event.site != 0 ? event.site : streak.site;
  if (blamed != 0 && blamed != event.task) streak.blames = blamed;
  if (streak.rounds >= limits_.livelock_rounds) FindCycle(event.task);
}

// An operation between two failures.
void LivelockRetry::Do(const Event& event, Streak& streak) {
  const bool gets_on = event.type == EventType::kProgress || event.type == EventType::kTaskEnd;
  const bool got_it =
      event.subject == streak.failed && streak.failed != 0 &&
      (event.type == EventType::kLock || event.type == EventType::kRLock ||
       event.type == EventType::kAtomicRmw || event.type == EventType::kSemAcquire ||
       event.type == EventType::kChanSend || event.type == EventType::kChanRecv);
  if (gets_on || got_it) return Break(event.task, streak);
  Add(streak.current, event);
}

void LivelockRetry::On(const Event& event, const Model& model) {
  if (IsFailure(event)) {
    const ObjectId waited = model.Task(event.task).wait.object;
    const ObjectId object = event.type == EventType::kWaitEnd ? waited : event.subject;
    if (object != 0) Fail(event, object, model);
    return;
  }
  if (event.type == EventType::kWaitEnd) return;
  // These have no holder: whoever changed it last is to blame.
  if (event.type == EventType::kAtomicRmw || event.type == EventType::kAtomicStore ||
      event.type == EventType::kSemAcquire) {
    changed_by_[event.subject] = event.task;
  }
  if (streaks_.empty()) return;
  const auto streak = streaks_.find(event.task);
  if (streak != streaks_.end() && streak->second.rounds > 0) Do(event, streak->second);
}

Finding LivelockRetry::Describe(const Group& group, const Model& model) const {
  Finding finding;
  finding.rule = "livelock.retry";
  finding.verdict = group.open ? Verdict::kConfirmed : Verdict::kSuspected;
  finding.test = TestOf(model, group.tasks.front());
  std::vector<std::string> names, sentences;
  std::uint64_t rounds = ~std::uint64_t{0};
  for (std::size_t i = 0; i < group.tasks.size(); ++i) {
    const Streak& streak = group.streaks[i];
    const std::string name = Quoted(model, group.tasks[i]);
    const std::string object = model.ObjectName(streak.failed);
    rounds = std::min(rounds, streak.rounds);
    names.push_back(name);
    sentences.push_back(absl::StrCat(name, " fails to get ", object, ", which ",
                                     Quoted(model, streak.blames), " has"));
    TaskPart part = DescribeTask(model, group.tasks[i]);
    part.at = streak.site;
    part.what = absl::StrCat(
        "tries ", object,
        ", fails, gives back what it has, and begins again: ", Count(streak.rounds, "round"));
    finding.tasks.push_back(std::move(part));
    finding.evidence.push_back({streak.since_seq, group.tasks[i], streak.site,
                                absl::StrCat("fails for the first time on ", object)});
    const auto same = std::ranges::find(finding.objects, streak.failed, &ObjectPart::id);
    if (same == finding.objects.end()) {
      finding.objects.push_back(DescribeObject(model, streak.failed));
    }
    finding.identity_sites.push_back(streak.site);
  }
  std::ranges::sort(finding.identity_sites);
  finding.title = absl::StrCat(Enumerate(names), " keep undoing each other's work");
  finding.summary = absl::StrCat(
      Enumerate(names), " have each repeated the same steps at least ", rounds,
      " times and got no further: ", Enumerate(sentences), ". ",
      group.open ? "It lasted to the end of the trace." : "It ended by itself after that.");
  finding.reasons = {
      "None of them is blocked, so no deadlock is seen; each lets go just so that the other can "
      "fail in the same way, and nothing makes their rounds differ"};
  finding.advice = {
      "Take both in one order (gordian::LockInOrder, std::scoped_lock), or back off for a random, "
      "growing time, so that one of them gets through"};
  if (group.open) finding.explains = group.tasks;
  finding.identity = {"retry"};
  return finding;
}

std::vector<Finding> LivelockRetry::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  for (Group& group : groups_) {
    if (std::ranges::any_of(group.tasks, [&](TaskId task) { return cut.Explained(task); }))
      continue;
    if (group.open) {
      for (std::size_t i = 0; i < group.tasks.size(); ++i) {
        group.streaks[i] = streaks_[group.tasks[i]];
      }
    }
    findings.push_back(Describe(group, model));
  }
  groups_.clear();
  return findings;
}

}  // namespace gordian::detector
