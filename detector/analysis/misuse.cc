#include "detector/analysis/misuse.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::MisuseKind;

struct Rule {
  const char* id;
  const char* act;      // what the task does; ends where the object's name follows
  const char* summary;  // a sentence about it
  const char* reason;
  const char* advice;
};

constexpr std::array<Rule, static_cast<std::size_t>(MisuseKind::kKinds)> kRules = {{
    {"misuse.send-closed", "sends on the closed channel ",
     "A send on a closed channel panics, whoever receives.",
     "Closing says that nothing more will be sent; here somebody still sends",
     "Let only the sender close, after its last send; with several senders, close when all have "
     "ended (a WaitGroup), or leave the channel open and stop by a done channel or a Context"},
    {"misuse.close-closed", "closes the channel again: ", "Closing a closed channel panics.",
     "A channel can be closed once",
     "Give the channel one owner who closes it, or close it inside a gordian::Once"},
    {"misuse.close-nil", "closes a nil channel", "Closing a nil channel panics.",
     "The channel was never made: a default-constructed Chan is nil",
     "Make the channel (Chan<T>(n)) before anybody can close it"},
    {"misuse.nil-block", "blocks for ever on a nil channel",
     "A send or receive on a nil channel never completes, and here no live case stands beside it.",
     "The channel was never made (a default-constructed Chan is nil), or was set to nil, and no "
     "select case can be served instead",
     "Make the channel before it is used and before its handle is copied: Chan<T> c(n), where n = "
     "0 "
     "is an unbuffered one; or keep a case beside it that can be served"},
    {"misuse.waitgroup-negative", "takes the WaitGroup below zero: ",
     "There were more Done calls than Add announced; that panics.",
     "Each Done must be announced by an Add that comes before it",
     "Call Add before the task starts, in its parent, and Done once per task (WaitGroup::Go does "
     "both)"},
    {"misuse.waitgroup-reuse", "calls Add from zero while another task waits: ",
     "An Add that finds the counter at zero must be ordered with Wait.",
     "The Wait may return before this Add, or after it: nothing decides",
     "Call Add before Wait can be reached, in the task that waits, or use a new WaitGroup"},
    {"misuse.unlock-unlocked", "unlocks what is not locked: ",
     "Unlocking an unlocked lock is fatal.", "No task held it at that moment",
     "Unlock once per Lock: let gordian::Mutex be held by std::scoped_lock, and look for a path "
     "that unlocks twice"},
    {"misuse.unlock-not-owner", "unlocks what another task holds: ",
     "A pthread mutex may be unlocked only by the task that locked it.",
     "The lock belongs to the task that locked it",
     "Unlock where it was locked; to signal another task use a channel, a semaphore or a "
     "condition variable"},
    {"misuse.lock-destroyed",
     "destroys what is still in use: ", "A lock was destroyed while it was held or waited for.",
     "Whoever holds it will unlock freed memory, and whoever waits will never be woken",
     "Join the tasks that use the lock before it goes, or let it live longer (std::shared_ptr)"},
    {"misuse.cond-without-lock", "waits without holding the lock of ",
     "Cond.Wait unlocks its lock and locks it again, so the caller must hold it.",
     "Without the lock a signal can come between the check and the wait",
     "Lock first, check the condition in a loop, and wait inside it"},
    {"misuse.once-recursive", "calls Do inside its own function: ",
     "Once.Do waits until the function has returned, and the function waits for Do.",
     "The function that the Once runs calls the same Once again",
     "Move the inner call out of the function, or give it a Once of its own"},
}};

const Rule& RuleOf(MisuseKind kind) { return kRules[static_cast<std::size_t>(kind)]; }

bool NamesObject(MisuseKind kind) {
  return kind != MisuseKind::kCloseNil && kind != MisuseKind::kNilBlock;
}

TaskPart Part(TaskId task, SiteId site, std::string what, const Model& model) {
  TaskPart part = DescribeTask(model, task);
  if (site != 0) part.at = site;
  part.what = std::move(what);
  return part;
}

bool OnlyNil(const Wait& wait) {
  if (wait.timed) return false;
  if (wait.kind == WaitKind::kNilChan) return true;
  if (wait.kind != WaitKind::kSelect || wait.cases.empty()) return false;
  for (const SelectCase& choice : wait.cases) {
    if (choice.channel != 0) return false;
  }
  return true;
}

}  // namespace

EventSet Misuse::wants() const {
  return Events({EventType::kMisuse, EventType::kChanClose, EventType::kWaitGroupAdd});
}

// Those without whom the operation would have been right.
void Misuse::AddOthers(MisuseKind kind, ObjectId object, const Act& act, Finding& finding,
                       const Model& model) const {
  const auto add = [&](const Act& other, std::string what) {
    finding.tasks.push_back(Part(other.task, other.site, what, model));
    finding.evidence.push_back({other.seq, other.task, other.site, std::move(what)});
  };
  const std::string name = model.ObjectName(object);
  const auto close = closes_.find(object);
  if (close != closes_.end() && close->second.seq != act.seq) {
    add(close->second, absl::StrCat("closed ", name));
    absl::StrAppend(&finding.summary, " ", Quoted(model, close->second.task), " closed it before.");
  }
  const auto done = dones_.find(object);
  if (kind == MisuseKind::kWaitGroupNegative && done != dones_.end() &&
      done->second.seq != act.seq && done->second.site != act.site) {
    add(done->second, absl::StrCat("called Done on ", name, " before"));
  }
  if (kind != MisuseKind::kUnlockNotOwner) return;
  for (TaskId holder : model.Object(object).holders) {
    for (const Hold& hold : model.Task(holder).held) {
      if (hold.object != object) continue;
      add({holder, hold.site, hold.seq}, absl::StrCat("holds ", name));
    }
  }
}

void Misuse::Report(MisuseKind kind, ObjectId object, const Act& act, const Model& model) {
  const Rule& rule = RuleOf(kind);
  const SiteId made = model.Object(object).created_at;
  const Key key{kind, act.site, act.site == 0 || made == 0 ? object : 0};
  const auto [found, is_new] = known_.try_emplace(key, findings_.size());
  if (!is_new) {
    if (found->second >= reported_) ++findings_[found->second].count;
    return;
  }
  Finding finding;
  finding.rule = rule.id;
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, act.task);
  const std::string what =
      absl::StrCat(rule.act, NamesObject(kind) ? model.ObjectName(object) : "");
  finding.title = absl::StrCat(Quoted(model, act.task), " ", what);
  finding.summary = absl::StrCat(finding.title, ". ", rule.summary);
  finding.tasks = {Part(act.task, act.site, what, model)};
  if (object != 0) finding.objects = {DescribeObject(model, object)};
  finding.evidence = {{act.seq, act.task, act.site, what}};
  AddOthers(kind, object, act, finding, model);
  finding.reasons = {rule.reason};
  finding.advice = {rule.advice};
  if (kind == MisuseKind::kNilBlock || kind == MisuseKind::kOnceRecursive) {
    finding.explains = {act.task};
  }
  finding.identity = {model.Object(object).name};
  finding.identity_sites = {act.site};
  findings_.push_back(std::move(finding));
}

void Misuse::On(const Event& event, const Model& model) {
  const Act act{event.task, event.site, event.seq};
  switch (event.type) {
    case EventType::kMisuse:
      // A lock's destruction is judged with its users, in lock_lifetime.h.
      if (event.args[0] < kRules.size() &&
          event.args[0] != static_cast<std::uint64_t>(MisuseKind::kLockDestroyed)) {
        const auto kind = static_cast<MisuseKind>(event.args[0]);
        Report(kind, event.subject, act, model);
        const bool blocks = kind == MisuseKind::kNilBlock || kind == MisuseKind::kOnceRecursive;
        if (blocks) told_.insert(event.task);
      }
      return;
    case EventType::kChanClose:
      if (model.Object(event.subject).closed) {
        Report(MisuseKind::kCloseClosed, event.subject, act, model);
      }
      closes_.try_emplace(event.subject, act);
      return;
    default:
      if (static_cast<std::int64_t>(event.args[1]) < 0) {
        Report(MisuseKind::kWaitGroupNegative, event.subject, act, model);
      }
      if (static_cast<std::int64_t>(event.args[0]) < 0) dones_[event.subject] = act;
  }
}

void Misuse::JudgeBlocked(const Cut& cut, const Model& model) {
  for (const TaskId id : model.open_tasks()) {
    const TaskInfo& task = model.Task(id);
    if (task.ended || !task.wait || cut.Explained(id) || told_.contains(id)) continue;
    const Act act{id, task.wait.site, task.wait.seq};
    if (OnlyNil(task.wait)) Report(MisuseKind::kNilBlock, 0, act, model);
    if (task.wait.kind != WaitKind::kOnce) continue;
    const TaskQueue& runner = model.Object(task.wait.object).holders;
    if (!runner.empty() && runner.front() == id) {
      Report(MisuseKind::kOnceRecursive, task.wait.object, act, model);
    }
  }
}

std::vector<Finding> Misuse::AtCut(const Cut& cut, const Model& model) {
  JudgeBlocked(cut, model);
  std::vector<Finding> fresh(findings_.begin() + static_cast<std::ptrdiff_t>(reported_),
                             findings_.end());
  reported_ = findings_.size();
  return fresh;
}

}  // namespace gordian::detector
