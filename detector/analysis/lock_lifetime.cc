#include "detector/analysis/lock_lifetime.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

bool IsLock(ObjectKind kind) {
  return kind == ObjectKind::kMutex || kind == ObjectKind::kRWMutex ||
         kind == ObjectKind::kRecursiveMutex || kind == ObjectKind::kRWMutexReaders;
}

bool StillHeld(const TaskInfo& task, const Hold& hold) {
  return std::ranges::find(task.held, hold.seq, &Hold::seq) != task.held.end();
}

// Its part; those who wait at one place, and were started at one place, are counted.
void AddWaiter(const Model& model, TaskId waiter, std::string what, std::vector<TaskPart>& parts) {
  constexpr std::size_t kMostParts = 64;
  const TaskInfo& info = model.Task(waiter);
  const auto alike = std::ranges::find_if(parts, [&](const TaskPart& part) {
    return part.what == what && part.at == info.wait.site && part.spawned_at == info.spawned_at &&
           info.spawned_seq != 0;
  });
  if (alike != parts.end()) {
    ++alike->count;
  } else if (parts.size() < kMostParts) {
    parts.push_back(DescribeTask(model, waiter));
    parts.back().what = std::move(what);
  }
}

// The same place again: one bug.
void Fold(Finding finding, std::vector<Finding>& findings) {
  for (Finding& other : findings) {
    if (other.rule != finding.rule || other.identity_sites != finding.identity_sites) continue;
    ++other.count;
    other.explains.insert(other.explains.end(), finding.explains.begin(), finding.explains.end());
    return;
  }
  findings.push_back(std::move(finding));
}

}  // namespace

EventSet LockLifetime::wants() const {
  return Events({EventType::kTaskEnd, EventType::kObjectEnd, EventType::kMisuse,
                 EventType::kTestBegin, EventType::kTestEnd});
}

void LockLifetime::Destroy(const Event& event, const Model& model) {
  const ObjectInfo& lock = model.Object(event.subject);
  if (!IsLock(lock.kind) || model.main_ended()) return;
  const bool recorded = event.type == EventType::kMisuse;
  if (!recorded && !destroyed_.empty() && destroyed_.back().lock == lock.id) return;
  Destroyed destroyed{event.subject, event.task, event.site, event.seq, model.current_test(), {}};
  bool frozen = false;
  const auto add = [&](TaskId task, SiteId site, std::string what) {
    frozen |= model.Task(task).frozen;
    if (model.Task(task).frozen) return;
    TaskPart part = DescribeTask(model, task);
    part.at = site;
    part.what = std::move(what);
    destroyed.users.push_back(std::move(part));
  };
  const std::string name = model.ObjectName(event.subject);
  if (!lock.foreign_unlock) {
    for (TaskId holder : lock.holders) {
      for (const Hold& hold : model.Task(holder).held) {
        if (hold.object == lock.id) add(holder, hold.site, absl::StrCat("holds ", name));
      }
    }
  }
  for (TaskId waiter : lock.waiters) {
    add(waiter, model.Task(waiter).wait.site, absl::StrCat("waits for ", name));
  }
  // A signal may stay locked for good, and what a frozen test has held is its deadlock's.
  if ((lock.foreign_unlock || frozen) && destroyed.users.empty()) return;
  if (recorded || !destroyed.users.empty()) destroyed_.push_back(std::move(destroyed));
}

// What the body of a test has locked and left so. What was locked before it, for all the tests, is
// not its own; what went with its frame is told as that.
void LockLifetime::EndTest(const Event& event, const Model& model) {
  for (const Hold& hold : model.Task(event.task).held) {
    const bool own = hold.seq > test_begin_seq_ && !model.Object(hold.object).ended;
    if (own) exits_.push_back({event.task, hold, event.subject});
  }
}

void LockLifetime::On(const Event& event, const Model& model) {
  if (event.type == EventType::kTestBegin) test_begin_seq_ = event.seq;
  if (event.type == EventType::kTestBegin) return;
  if (event.type == EventType::kTestEnd) return EndTest(event, model);
  if (event.type == EventType::kObjectEnd) return Destroy(event, model);
  if (event.type == EventType::kMisuse) {
    const auto what = static_cast<trace::MisuseKind>(event.args[0]);
    if (what == trace::MisuseKind::kLockDestroyed) Destroy(event, model);
    return;
  }
  const auto how = static_cast<trace::TaskEndReason>(event.args[0]);
  if (how == trace::TaskEndReason::kPanic) return;
  if (how == trace::TaskEndReason::kExit && event.task == 1) return;
  for (const Hold& hold : model.Task(event.task).held) {
    exits_.push_back({event.task, hold, 0});
  }
}

Finding LockLifetime::Describe(const Exit& exit, const Model& model) const {
  const std::string name = model.ObjectName(exit.hold.object);
  const std::string task = exit.test != 0
                               ? absl::StrCat("the test ", std::string(model.TestName(exit.test)))
                               : Quoted(model, exit.task);
  Finding finding;
  finding.rule = "misuse.held-at-exit";
  finding.verdict = Verdict::kConfirmed;
  finding.test = exit.test != 0 ? model.TestName(exit.test) : TestOf(model, exit.task);
  finding.title = absl::StrCat(task, " ended while it held ", name);
  finding.summary =
      absl::StrCat(task, " locked ", name, exit.hold.shared ? " for reading" : "",
                   " and ended without unlocking it; nobody else has unlocked it since.");
  TaskPart part = DescribeTask(model, exit.task);
  part.at = exit.hold.site;
  part.what = absl::StrCat("locks ", name, " and never unlocks it");
  finding.tasks.push_back(std::move(part));
  const TaskQueue& waiters = model.Object(exit.hold.object).waiters;
  for (TaskId waiter : waiters) {
    if (model.Task(waiter).wait.timed) continue;
    finding.explains.push_back(waiter);
    AddWaiter(model, waiter, absl::StrCat("waits for ", name, " for ever"), finding.tasks);
  }
  if (!finding.explains.empty()) {
    absl::StrAppend(&finding.summary, " ", Enumerate(QuotedAlike(model, finding.explains)),
                    finding.explains.size() == 1 ? " waits" : " wait", " for it, and for ever.");
  }
  finding.objects = {DescribeObject(model, exit.hold.object)};
  finding.evidence = {{exit.hold.seq, exit.task, exit.hold.site, absl::StrCat("locks ", name)}};
  finding.reasons = {absl::StrCat("Some path from the Lock to the end of ", task,
                                  " has no Unlock (an early return, a break, an exception)")};
  finding.advice = {absl::StrCat("Hold ", name,
                                 " by a guard that unlocks on every path: std::scoped_lock, "
                                 "std::unique_lock or std::shared_lock")};
  finding.identity = {model.Object(exit.hold.object).name};
  finding.identity_sites = {exit.hold.site};
  return finding;
}

Finding LockLifetime::Describe(const Destroyed& destroyed, const Model& model) const {
  const std::string name = model.ObjectName(destroyed.lock);
  const std::string task = Quoted(model, destroyed.by);
  Finding finding;
  finding.rule = "misuse.lock-destroyed";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, destroyed.by);
  finding.title = absl::StrCat(task, " destroys ", name, " while it is in use");
  std::vector<std::string> uses;
  for (const TaskPart& user : destroyed.users) {
    uses.push_back(absl::StrCat(Quoted(model, user.id), " ", user.what));
  }
  finding.summary =
      uses.empty() ? absl::StrCat(task, " destroys ", name, " while it is locked.")
                   : absl::StrCat("When ", task, " destroys ", name, ", ", Enumerate(uses), ".");
  TaskPart part = DescribeTask(model, destroyed.by);
  part.at = destroyed.site;
  part.what = absl::StrCat("destroys ", name);
  finding.tasks = {std::move(part)};
  finding.tasks.insert(finding.tasks.end(), destroyed.users.begin(), destroyed.users.end());
  for (const TaskPart& user : destroyed.users) {
    if (user.is_waiting && user.waiting.object == destroyed.lock)
      finding.explains.push_back(user.id);
  }
  finding.objects = {DescribeObject(model, destroyed.lock)};
  finding.evidence = {
      {destroyed.seq, destroyed.by, destroyed.site, absl::StrCat("destroys ", name)}};
  finding.reasons = {
      "Whoever holds it will unlock memory that is gone, and whoever waits is never woken"};
  finding.advice = {absl::StrCat("Wait for the tasks that use ", name,
                                 " before it goes (join, WaitGroup), or share its owner by "
                                 "std::shared_ptr")};
  finding.identity = {model.Object(destroyed.lock).name};
  finding.identity_sites = {destroyed.users.empty() ? destroyed.site : destroyed.users.front().at};
  return finding;
}

std::vector<Finding> LockLifetime::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  const auto explained = [&](TaskId task) { return cut.Explained(task); };
  for (const Exit& exit : std::exchange(exits_, {})) {
    const ObjectInfo& lock = model.Object(exit.hold.object);
    if (lock.foreign_unlock || !StillHeld(model.Task(exit.task), exit.hold)) continue;
    // A deadlock behind it has named it already.
    if (explained(exit.task) || std::ranges::any_of(lock.waiters, explained)) continue;
    if (exit.test != 0 && cut.ExplainedIn(exit.test, exit.task)) continue;
    kept_.insert(lock.id);
    Fold(Describe(exit, model), findings);
  }
  for (const Destroyed& destroyed : std::exchange(destroyed_, {})) {
    // A lock that a task kept for ever is destroyed as it is, sooner or later: one bug.
    if (kept_.contains(destroyed.lock)) continue;
    const auto was_explained = [&](TaskId task) {
      return cut.Explained(task) || cut.ExplainedIn(destroyed.test, task);
    };
    if (std::ranges::any_of(destroyed.users, was_explained, &TaskPart::id)) continue;
    Fold(Describe(destroyed, model), findings);
  }
  return findings;
}

}  // namespace gordian::detector
