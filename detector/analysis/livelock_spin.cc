#include "detector/analysis/livelock_spin.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_for.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

constexpr int kDeep = 16;  // tasks that wait behind each other

// Whether `task` will do nothing any more, or nothing before the spinner does.
bool WillNotAct(TaskId task, TaskId spinner, const Model& model, int depth) {
  const TaskInfo& info = model.Task(task);
  if (task == spinner || info.ended || info.frozen || (task == 1 && model.main_ended()))
    return true;
  if (!info.wait || info.wait.timed || depth == 0) return false;
  const Need need = NeedOf(model, task);
  if (need.satisfied) return false;
  const auto idle = [&](TaskId other) {
    return other == task || WillNotAct(other, spinner, model, depth - 1);
  };
  if (!need.tasks.empty()) return std::ranges::any_of(need.tasks, idle);
  return std::ranges::all_of(need.objects, [&](ObjectId object) {
    return std::ranges::all_of(model.Object(object).users, idle);
  });
}

// Whether the spinner is alone: no other task will do anything before it gets on.
bool NobodyElseActs(TaskId spinner, const Model& model) {
  for (TaskId id = 1; id <= model.task_count(); ++id) {
    const TaskInfo& task = model.Task(id);
    const bool exists = task.started || task.spawned_seq != 0;
    if (!exists || task.kind == trace::TaskKind::kInternal) continue;
    if (!WillNotAct(id, spinner, model, kDeep)) return false;
  }
  return true;
}

// The next attempt would get it.
bool IsFreeLock(const ObjectInfo& object) {
  const bool is_lock = object.kind == trace::ObjectKind::kMutex ||
                       object.kind == trace::ObjectKind::kRecursiveMutex ||
                       object.kind == trace::ObjectKind::kRWMutex ||
                       object.kind == trace::ObjectKind::kRWMutexReaders;
  return is_lock && object.holders.empty();
}

}  // namespace

EventSet LivelockSpin::wants() const {
  return Events(
      {EventType::kTryLockFail,    EventType::kTryRLockFail,    EventType::kAtomicCasFail,
       EventType::kAtomicLoad,     EventType::kSelectBegin,     EventType::kSelectCaseSend,
       EventType::kSelectCaseRecv, EventType::kSelectEnd,       EventType::kLock,
       EventType::kUnlock,         EventType::kRLock,           EventType::kRUnlock,
       EventType::kAtomicStore,    EventType::kAtomicRmw,       EventType::kChanSend,
       EventType::kChanRecv,       EventType::kChanRecvClosed,  EventType::kChanClose,
       EventType::kWaitGroupAdd,   EventType::kSemAcquire,      EventType::kSemRelease,
       EventType::kCondSignal,     EventType::kCondBroadcast,   EventType::kProgress,
       EventType::kTaskSpawn,      EventType::kTaskEnd,         EventType::kRead,
       EventType::kWrite,          EventType::kTimerSet,        EventType::kLockRequest,
       EventType::kRLockRequest,   EventType::kCondWait,        EventType::kSemRequest,
       EventType::kTaskJoin,       EventType::kTaskJoinRequest, EventType::kProcessEnd,
       EventType::kSelectPolls});
}

void LivelockSpin::Attempt(const Event& event, Spin& spin, std::uint64_t times, bool polls) {
  const bool is_select =
      event.type == EventType::kSelectEnd || event.type == EventType::kSelectPolls;
  const bool same = is_select ? spin.objects == spin.cases
                              : spin.objects.size() == 1 && spin.objects.front() == event.subject;
  if (!same || spin.polls != polls || spin.times == 0) {
    spin.times = 0;
    spin.since_seq = event.seq;
    spin.polls = polls;
    if (is_select) {
      spin.objects = spin.cases;
    } else {
      spin.objects.assign(1, event.subject);
    }
  }
  spin.times += times;
  if (event.site != 0) spin.site = event.site;
}

void LivelockSpin::On(const Event& event, const Model&) {
  switch (event.type) {
    case EventType::kTryLockFail:
    case EventType::kTryRLockFail:
      return Attempt(event, spins_[event.task], std::max<std::uint64_t>(event.args[0], 1), false);
    case EventType::kAtomicCasFail:
      return Attempt(event, spins_[event.task], std::max<std::uint64_t>(event.args[1], 1), false);
    case EventType::kAtomicLoad:
      return Attempt(event, spins_[event.task], 1, true);
    case EventType::kSelectBegin: {
      Spin& spin = spins_[event.task];
      spin.cases.clear();
      spin.count = event.subject;
      return;
    }
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
      if (event.subject != 0) spins_[event.task].cases.push_back(event.subject);
      return;
    case EventType::kSelectEnd: {
      Spin& spin = spins_[event.task];
      if (event.subject == spin.count && !spin.cases.empty()) {
        Attempt(event, spin, 1, true);
      } else {
        spin.times = 0;
      }
      return;
    }
    case EventType::kSelectPolls:
      return Attempt(event, spins_[event.task], event.subject, true);
    default: {
      if (spins_.empty()) return;
      const auto spin = spins_.find(event.task);
      if (spin == spins_.end()) return;
      if (event.type == EventType::kTaskEnd) {
        spins_.erase(spin);
      } else {
        spin->second.times = 0;
      }
    }
  }
}

bool LivelockSpin::IsHopeless(TaskId spinner, const Spin& spin, const Model& model) const {
  const auto hopeless = [&](ObjectId id) {
    const ObjectInfo& object = model.Object(id);
    const auto idle = [&](TaskId task) { return WillNotAct(task, spinner, model, kDeep); };
    const auto& armed = model.armed_timers();
    const bool timer = std::ranges::any_of(armed, [&](ObjectId t) {
      return model.Object(t).detail == id || model.Object(t).detail == 0;
    });
    if (timer || object.closed || IsFreeLock(object)) return false;
    if (!object.holders.empty()) return std::ranges::any_of(object.holders, idle);
    // Without an owner those who have used it are its givers; where there were none, anybody.
    if (object.users.size() > 1) return std::ranges::all_of(object.users, idle);
    return NobodyElseActs(spinner, model);
  };
  return std::ranges::all_of(spin.objects, hopeless);
}

Finding LivelockSpin::Describe(TaskId task, const Spin& spin, const Model& model) const {
  const std::string name = Quoted(model, task);
  std::vector<std::string> objects, why;
  Finding finding;
  TaskPart part = DescribeTask(model, task);
  part.at = spin.site;
  for (ObjectId id : spin.objects) {
    objects.push_back(model.ObjectName(id));
    finding.objects.push_back(DescribeObject(model, id));
  }
  const std::string all = Enumerate(objects, "or");
  part.what = absl::StrCat(spin.polls ? "polls " : "tries ", all, " for ever");
  finding.tasks = {std::move(part)};
  for (ObjectId id : spin.objects) {
    const ObjectInfo& object = model.Object(id);
    const std::vector<TaskId> holders(object.holders.begin(), object.holders.end());
    for (TaskId other : holders.empty() ? object.users : holders) {
      if (other == task || why.size() == 4) continue;
      const TaskInfo& info = model.Task(other);
      const bool gone = info.ended || !info.wait;
      why.push_back(absl::StrCat(Quoted(model, other), gone ? " has ended" : " waits for ",
                                 gone ? "" : WaitedFor(model, info.wait)));
      TaskPart giver = DescribeTask(model, other);
      if (info.wait.object != 0 && info.wait.object != id) {
        finding.objects.push_back(DescribeObject(model, info.wait.object));
      }
      giver.what = absl::StrCat(object.holders.empty() ? "used " : "holds ", model.ObjectName(id),
                                gone ? " and has ended" : ", and waits itself");
      finding.tasks.push_back(std::move(giver));
      if (!spin.polls) finding.explains.push_back(other);
    }
  }
  if (why.empty()) why.push_back("no other task has ever used it, and none is left that could");
  finding.rule = "livelock.spin";
  finding.verdict = spin.polls ? Verdict::kSuspected : Verdict::kConfirmed;
  finding.test = TestOf(model, task);
  finding.title = absl::StrCat(name, " spins on ", all, ", which cannot come");
  finding.summary = absl::StrCat(
      name, " has ", spin.polls ? "looked at " : "tried ", all, " at least ", spin.times,
      " times in a row without doing anything else, and it cannot succeed: ", Enumerate(why), ".");
  finding.evidence = {{spin.since_seq, task, spin.site, absl::StrCat("begins to spin on ", all)}};
  finding.reasons = {
      absl::StrCat("Everybody who could let it go on has ended or waits itself: ", Enumerate(why))};
  finding.advice = {
      "Block instead of polling (Lock, a channel, a condition variable), so that the wait is seen "
      "and served; and let whoever gives it finish without waiting for the one who spins"};
  finding.explains.push_back(task);
  finding.identity = {model.Object(spin.objects.front()).name};
  finding.identity_sites = {spin.site};
  return finding;
}

std::vector<Finding> LivelockSpin::AtCut(const Cut& cut, const Model& model) {
  std::vector<TaskId> spinners;
  for (const auto& [task, spin] : spins_) {
    if (spin.times < limits_.spin_rounds || cut.Explained(task)) continue;
    if (model.Task(task).ended || !IsHopeless(task, spin, model)) continue;
    spinners.push_back(task);
  }
  std::ranges::sort(spinners);
  std::vector<Finding> findings;
  for (TaskId task : spinners) {
    findings.push_back(Describe(task, spins_[task], model));
    spins_.erase(task);
  }
  return findings;
}

}  // namespace gordian::detector
