#include "detector/reader/verifier.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::Order;
using trace::Subject;
using trace::TaskId;

constexpr std::size_t kMaxViolations = 100;

// Operands that are enumerators: their number has to be below `end`.
struct OperandRule {
  EventType type;
  std::size_t operand;
  std::uint64_t end;
};
constexpr OperandRule kOperandRules[] = {
    {EventType::kProcessEnd, 0, 3},
    {EventType::kTaskSpawn, 0, 4},
    {EventType::kTaskEnd, 0, 3},
    {EventType::kWaitEnd, 0, 4},
    {EventType::kObjectBegin, 0, static_cast<std::uint64_t>(trace::ObjectKind::kKinds)},
    {EventType::kMisuse, 0, static_cast<std::uint64_t>(trace::MisuseKind::kKinds)},
    {EventType::kSelectBegin, 0, 2},
    {EventType::kAtomicLoad, 0, 6},
    {EventType::kAtomicStore, 0, 6},
    {EventType::kAtomicRmw, 0, 6},
    {EventType::kAtomicCasFail, 0, 6},
    {EventType::kFence, 0, 6},
};

// What may stand outside of any stretch, and after a task's end.
bool NeedsNoTask(const Event& event) {
  return event.type <= EventType::kTaskStop || event.type == EventType::kTaskName ||
         event.type == EventType::kTaskReady || event.type == EventType::kTaskThread ||
         event.type == EventType::kTaskSpawn || event.type == EventType::kObjectName;
}

}  // namespace

void Verifier::Take(const Event& event) {
  if (event.type == EventType::kLoss) Forget();
  if (event.task >= tasks_.size()) TaskOf(event.task);
  CheckOperands(event);
  if (event.type >= EventType::kMemRead && event.type <= EventType::kStackEnd) CheckMemory(event);
  CheckTask(event);
  const Task& task = tasks_[event.task];
  const bool known_misuse = task.has_misused && task.misused == event.subject;
  const std::optional<BrokenRule> broken = objects_.Take(event);
  if (broken && !known_misuse) Report(event, broken->rule, broken->what);
  Task& misuser = tasks_[event.task];
  if (event.type == EventType::kMisuse) {
    misuser.misused = event.subject;
    misuser.has_misused = true;
    misuser.select.open = false;  // the panic leaves the select
    objects_.Forget(event.subject);
  } else if (known_misuse) {
    misuser.has_misused = false;
  }
}

void Verifier::CheckOperands(const Event& event) {
  for (const OperandRule& rule : kOperandRules) {
    if (rule.type == event.type && event.args[rule.operand] >= rule.end) {
      Report(event, "operand",
             absl::StrCat("`", std::string(trace::Spec(event.type).operands[rule.operand]),
                          "` cannot be ", event.args[rule.operand]));
    }
  }
}

// Bytes lie inside of the address space, the elements of a range one after the other.
void Verifier::CheckMemory(const Event& event) {
  const bool is_block = event.type >= EventType::kHeapAlloc;
  const bool is_range =
      event.type == EventType::kMemReadRange || event.type == EventType::kMemWriteRange;
  if (event.type == EventType::kObjectAt) return;
  const std::uint64_t bytes = is_block ? event.args[1] : event.subject;
  const std::uint64_t stride = is_range ? event.args[1] : 0;
  const std::uint64_t count = is_range ? event.args[2] : 1;
  if (count == 0 || (bytes == 0 && !is_block)) return Report(event, "no-bytes", "it has no bytes");
  if (count > 1 && stride < bytes) return Report(event, "overlapping", "its elements overlap");
  const std::uint64_t room = ~event.args[0];  // behind its first byte
  const bool last_fits = count == 1 || stride <= room / (count - 1);
  if (!last_fits || bytes > room - stride * (count - 1)) {
    Report(event, "address", "it leaves the address space");
  }
}

void Verifier::CheckTask(const Event& event) {
  CheckLife(event);
  if (event.task == 0) return;
  CheckWait(event, tasks_[event.task]);
  CheckSelect(event, tasks_[event.task]);
}

void Verifier::CheckLife(const Event& event) {
  if (trace::Spec(event.type).subject == Subject::kTask) CheckOtherTask(event);
  if (NeedsNoTask(event)) return;
  Task& task = TaskOf(event.task);
  if (event.task == 0) {
    Report(event, "no-task", "it stands outside of any task's stretch");
  } else if (task.life == Life::kEnded) {
    Report(event, "task-ended", absl::StrCat("task ", event.task, " has ended"));
  } else if (task.life == Life::kUnknown) {
    Report(event, "unknown-task", absl::StrCat("nobody knows a task ", event.task), true);
  }
  if (event.type == EventType::kTaskEnd) task.life = Life::kEnded;
}

// Events whose subject is a task.
void Verifier::CheckOtherTask(const Event& event) {
  Task& subject = TaskOf(event.subject);
  switch (event.type) {
    case EventType::kTaskSpawn:
      if (subject.life != Life::kUnknown) {
        Report(event, "spawn-twice", "the task was there before");
      } else {
        subject.life = Life::kSpawned;
      }
      return;
    case EventType::kTaskRun:
      if (subject.life == Life::kEnded) {
        Report(event, "run-ended", "the task has ended");
      } else {
        subject.life = Life::kBegun;
      }
      return;
    case EventType::kTaskStop:
    case EventType::kTaskEnd:
      if (event.subject != event.task)
        Report(event, "not-own", "it is not the task that runs here");
      return;
    case EventType::kTaskName:
    case EventType::kTaskThread:
      return;
    case EventType::kTaskJoin:
      if (subject.life == Life::kUnknown) break;
      if (subject.life != Life::kEnded) {
        Report(event, "join-running", "the task has not ended", true);
      }
      return;
    default:
      break;
  }
  if (subject.life == Life::kUnknown) Report(event, "unknown-task", "nobody knows this task", true);
}

void Verifier::CheckWait(const Event& event, Task& task) {
  const bool completes =
      event.type == EventType::kWaitEnd || WaitRuleOf(event.type).closes != RequestKind::kNone;
  if (task.wait.EndsWith(event)) {
    task.wait.End();
    return;
  }
  if (event.Has(trace::kFlagFor)) {
    if (completes && !lossy_) {
      Report(event, "no-request", absl::StrCat("task ", event.task, " has not asked for it"), true);
    }
    return;
  }
  if (event.type == EventType::kWaitEnd) {
    if (!lossy_) Report(event, "no-wait", "its task waits for no such thing", true);
    task.wait.End();
    return;
  }
  if (task.wait && !task.wait.Passes(event) && event.actor == event.task) {
    if (!lossy_)
      Report(event, "acts-while-waiting", "its task waits, and nothing has ended that", true);
    task.wait.End();
  }
  if (WaitRuleOf(event.type).opens != RequestKind::kNone) {
    std::vector<CaseOfSelect> cases = task.select.cases;
    task.wait.Begin(event, cases);
  }
}

void Verifier::CheckSelect(const Event& event, Task& task) {
  Select& select = task.select;
  const bool described = select.cases.size() >= select.announced;
  switch (event.type) {
    case EventType::kSelectBegin:
      if (select.open && !described) Report(event, "select-nested", "another select is being told");
      select = {.announced = event.subject, .has_default = event.args[0] != 0, .open = true};
      return;
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
      if (!select.open || described) {
        Report(event, "select-case", "no select has such a case", true);
        return;
      }
      select.cases.push_back({event.subject, event.type == EventType::kSelectCaseSend
                                                 ? RequestKind::kSend
                                                 : RequestKind::kRecv});
      return;
    case EventType::kSelectBlock:
      if (!select.open || !described || event.subject != select.announced) {
        Report(event, "select-block", "no select with so many cases stands before it", true);
      } else if (select.has_default) {
        Report(event, "select-default", "a select with a default does not block");
      }
      return;
    case EventType::kSelectEnd:
      return CheckSelectEnd(event, task);
    case EventType::kSelectPolls:
      if (!select.took_default) Report(event, "select-polls", "no default was taken before", true);
      return;
    default:
      break;
  }
  if (!event.Has(trace::kFlagSelect) || WaitRuleOf(event.type).closes == RequestKind::kNone) return;
  select.taken = {event.subject, WaitRuleOf(event.type).closes};
  const bool has_it =
      std::find(select.cases.begin(), select.cases.end(), select.taken) != select.cases.end();
  if (select.open && !has_it) Report(event, "select-taken", "the select has no such case", true);
}

void Verifier::CheckSelectEnd(const Event& event, Task& task) {
  Select& select = task.select;
  const std::uint32_t index = event.subject;
  if (!select.open || select.cases.size() < select.announced) {
    Report(event, "select-end", "there is no select that it ends", true);
  } else if (index > select.announced || (index == select.announced && !select.has_default)) {
    Report(event, "select-index", "the select has no such case");
  } else if (index < select.announced && select.cases[index] != select.taken) {
    // A send that finds its channel closed takes its case, and panics.
    const bool panics =
        select.taken == CaseOfSelect{} && select.cases[index].kind == RequestKind::kSend;
    if (!panics) Report(event, "select-index", "the select took another case", true);
  }
  select = {.took_default = select.open && index == select.announced};
}

// Records were lost: nothing is certain of what tasks and objects were about.
void Verifier::Forget() {
  lossy_ = true;
  objects_.Forget();
  for (Task& task : tasks_) {
    task.wait.End();
    task.select = {};
  }
}

void Verifier::Finish(bool complete) {
  if (complete && !lossy_) return;
  count_ -= static_cast<std::uint64_t>(
      std::erase_if(violations_, [](const Violation& v) { return v.loss_explains; }));
}

Verifier::Task& Verifier::TaskOf(TaskId id) {
  if (id >= tasks_.size()) {
    tasks_.resize(std::max<std::size_t>(id + std::size_t{1}, tasks_.size() * 2));
  }
  return tasks_[id];
}

void Verifier::Report(const Event& event, std::string_view rule, std::string_view what,
                      bool loss_explains) {
  ++count_;
  if (violations_.size() >= kMaxViolations) return;
  const trace::EventSpec& spec = trace::Spec(event.type);
  std::string name = "`" + std::string(spec.name) + "`";
  if (spec.subject == Subject::kObject) absl::StrAppend(&name, " of object ", event.subject);
  if (spec.subject == Subject::kTask) absl::StrAppend(&name, " of task ", event.subject);
  violations_.push_back({std::string(rule),
                         absl::StrCat("stream ", event.stream, ", word ", event.offset, ": ", name,
                                      " by task ", event.task, ": ", std::string(what)),
                         event.stream, event.offset, event.seq, loss_explains});
}

}  // namespace gordian::detector
