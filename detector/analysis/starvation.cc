#include "detector/analysis/starvation.h"

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

constexpr std::size_t kLooked = 64;  // waiters that one grant looks at
constexpr std::size_t kNamed = 3;    // of those who were served first

bool Sends(EventType type) { return type == EventType::kChanSend; }
bool Receives(EventType type) { return type == EventType::kChanRecv; }

// Whether a grant of this type is what the wait is for.
bool Competes(EventType type, const Wait& wait, ObjectId object) {
  switch (wait.kind) {
    case WaitKind::kLock:
    case WaitKind::kRLock:
      return type == EventType::kLock || type == EventType::kRLock;
    case WaitKind::kSemaphore:
      return type == EventType::kSemAcquire;
    case WaitKind::kSend:
      return Sends(type);
    case WaitKind::kRecv:
      return Receives(type);
    case WaitKind::kSelect:
      return std::ranges::any_of(wait.cases, [&](const SelectCase& choice) {
        return choice.channel == object && (choice.is_send ? Sends(type) : Receives(type));
      });
    default:
      return false;
  }
}

std::string RuleOf(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kSemaphore:
      return "starvation.semaphore";
    case ObjectKind::kPool:
      return "starvation.pool";
    case ObjectKind::kChan:
      return "starvation.channel";
    default:
      return "starvation.lock";
  }
}

bool PromisesOrder(ObjectKind kind, WaitKind wait) {
  return kind == ObjectKind::kChan || (kind == ObjectKind::kRWMutex && wait == WaitKind::kLock);
}

std::string Seconds(std::uint64_t ns) {
  const std::uint64_t tenths = (ns + 50'000'000) / 100'000'000;
  return absl::StrCat(tenths / 10, ".", tenths % 10, " s");
}

}  // namespace

EventSet Starvation::wants() const {
  return Events({EventType::kLock, EventType::kRLock, EventType::kSemAcquire, EventType::kChanSend,
                 EventType::kChanRecv, EventType::kWaitEnd});
}

void Starvation::Grant(const Event& event, const Model& model) {
  const TaskQueue& waiters = model.Object(event.subject).waiters;
  if (waiters.empty()) return;
  const Wait& own = model.Task(event.task).wait;
  const std::uint64_t asked = own && own.object == event.subject ? own.seq : event.seq;
  for (const TaskId waiter : waiters | std::views::take(kLooked)) {
    const Wait& wait = model.Task(waiter).wait;
    if (waiter == event.task || wait.seq >= asked) continue;
    if (!Competes(event.type, wait, event.subject)) continue;
    Overtaken& overtaken = overtaken_[waiter];
    if (overtaken.wait_seq != wait.seq) overtaken = {wait.seq, 0, {}};
    ++overtaken.times;
    ++overtaken.by[event.task];
  }
}

// The wait of the event's task ends here: was it long enough?
void Starvation::Served(const Event& event, const Model& model) {
  const auto found = overtaken_.find(event.task);
  if (found == overtaken_.end()) return;
  const Wait& wait = model.Task(event.task).wait;
  const bool is_this = wait && found->second.wait_seq == wait.seq;
  const std::uint64_t lasted = event.time > wait.time ? event.time - wait.time : 0;
  if (is_this && found->second.times >= limits_.overtaken && lasted >= limits_.starved_ns &&
      reported_.insert(wait.seq).second) {
    Starved starved{event.task, event.subject, DescribeTask(model, event.task),
                    wait.kind,  true,          std::move(found->second)};
    starved.part.waiting.duration_ns = lasted;
    starved_.push_back(std::move(starved));
  }
  overtaken_.erase(found);
}

void Starvation::On(const Event& event, const Model& model) {
  if (!overtaken_.empty()) Served(event, model);
  if (event.type != EventType::kWaitEnd) Grant(event, model);
}

Finding Starvation::Describe(const Starved& starved, const Model& model) const {
  const ObjectInfo& object = model.Object(starved.object);
  const std::string name = model.ObjectName(object.id), task = Quoted(model, starved.task);
  const std::string operation(NameOf(starved.kind));
  Finding finding;
  finding.rule = RuleOf(object.kind);
  finding.verdict = !starved.ended || PromisesOrder(object.kind, starved.kind)
                        ? Verdict::kConfirmed
                        : Verdict::kSuspected;
  finding.test = TestOf(model, starved.task);
  const std::string lasted = Seconds(starved.part.waiting.duration_ns);
  finding.title = absl::StrCat(task, " starves in ", operation, " on ", name, ": overtaken ",
                               starved.overtaken.times, " times");
  finding.summary = absl::StrCat(task, " waited for ", name, " for ", lasted,
                                 starved.ended ? "" : " and never got it",
                                 ", while tasks that asked after it were "
                                 "served ",
                                 starved.overtaken.times, " times.");
  finding.tasks = {starved.part};
  finding.tasks.front().what = absl::StrCat("waits for ", name, " (", operation, ")");
  std::vector<std::pair<std::uint64_t, TaskId>> by;
  for (const auto& [other, times] : starved.overtaken.by) by.emplace_back(times, other);
  std::ranges::sort(by, std::greater<>());
  std::vector<std::string> names;
  for (const auto& [times, other] : by) {
    if (names.size() == kNamed) break;
    names.push_back(absl::StrCat(Quoted(model, other), " (", Count(times, "time"), ")"));
    TaskPart part = DescribeTask(model, other);
    part.what = absl::StrCat("was served ", Count(times, "time"), " meanwhile");
    finding.tasks.push_back(std::move(part));
  }
  finding.reasons = {absl::StrCat("Served first, though they asked later: ", Enumerate(names))};
  finding.objects = {DescribeObject(model, object.id)};
  finding.evidence = {{starved.overtaken.wait_seq, starved.task, starved.part.at,
                       absl::StrCat("begins to wait for ", name)}};
  const bool writer =
      starved.kind == WaitKind::kLock &&
      (object.kind == ObjectKind::kRWMutex || object.kind == ObjectKind::kRWMutexReaders);
  finding.advice = {
      writer
          ? "Use a lock that lets waiting writers in before new readers (gordian::RWMutex does), "
            "or make the readers' sections rarer"
          : absl::StrCat("Hold ", name,
                         " for less of the loop (the others release it and take "
                         "it back at once), or use a lock that hands over in order "
                         "(gordian::Mutex hands over to who waited for 1 ms)")};
  finding.identity = {object.name, operation};
  finding.identity_sites = {starved.part.at};
  finding.explains = {starved.task};
  return finding;
}

void Starvation::Add(Starved starved, std::vector<Finding>& findings, const Model& model) const {
  Finding finding = Describe(starved, model);
  for (Finding& other : findings) {
    if (other.rule != finding.rule || other.objects.front().id != starved.object) continue;
    if (other.identity_sites != finding.identity_sites) continue;
    ++other.count;
    other.verdict = std::max(other.verdict, finding.verdict);
    other.explains.push_back(starved.task);
    return;
  }
  findings.push_back(std::move(finding));
}

std::vector<Finding> Starvation::AtCut(const Cut& cut, const Model& model) {
  for (const auto& [task, overtaken] : overtaken_) {
    const Wait& wait = model.Task(task).wait;
    if (!wait || wait.seq != overtaken.wait_seq || overtaken.times < limits_.overtaken) continue;
    const std::uint64_t lasted = model.now() > wait.time ? model.now() - wait.time : 0;
    if (lasted < limits_.starved_ns / 10 || cut.Explained(task)) continue;
    if (!reported_.insert(wait.seq).second) continue;
    const ObjectId object = wait.object != 0 ? wait.object : wait.cases.front().channel;
    starved_.push_back({task, object, DescribeTask(model, task), wait.kind, false, overtaken});
  }
  std::vector<Finding> findings;
  for (Starved& starved : std::exchange(starved_, {})) {
    if (!cut.Explained(starved.task)) Add(std::move(starved), findings, model);
  }
  return findings;
}

}  // namespace gordian::detector
