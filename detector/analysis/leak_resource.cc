#include "detector/analysis/leak_resource.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

Finding Describe(const std::vector<ObjectId>& alike, const Model& model) {
  const ObjectInfo& object = model.Object(alike.front());
  const bool is_context = object.kind == ObjectKind::kContext;
  const std::string name = model.ObjectName(object.id);
  const std::string maker = Quoted(model, object.creator);
  Finding finding;
  finding.rule = is_context ? "leak.context" : "leak.timer";
  finding.verdict = Verdict::kConfirmed;
  finding.test = model.TestName(object.test);
  finding.count = static_cast<std::uint32_t>(alike.size());
  const std::string who =
      alike.size() == 1 ? name : absl::StrCat(name, " and ", alike.size() - 1, " like it");
  finding.title = absl::StrCat(who, alike.size() == 1 ? " was" : " were", " never ",
                               is_context ? "cancelled" : "stopped");
  finding.summary =
      is_context
          ? absl::StrCat(maker, " made ", who,
                         ", and its cancel function was never called: what "
                         "waits for its Done channel waits for ever, and its parent keeps it.")
          : absl::StrCat(maker, " started ", who,
                         ", and nobody called Stop: it goes on firing for nobody.");
  TaskPart part = DescribeTask(model, object.creator);
  part.at = object.created_at;
  part.is_waiting = false;
  part.what = absl::StrCat("makes ", name);
  finding.tasks = {std::move(part)};
  for (ObjectId id : alike) {
    if (finding.objects.size() < 8) finding.objects.push_back(DescribeObject(model, id));
  }
  finding.evidence = {
      {object.begin_seq, object.creator, object.created_at, absl::StrCat("makes ", name)}};
  finding.reasons = {is_context ? "No path called cancel before its last handle was gone"
                                : "No path called Stop before its last handle was gone"};
  finding.advice = {is_context ? "Call cancel on every path of the scope that made the context (a "
                                 "scope guard right after WithCancel), also when it timed out"
                               : "Call Stop on every path of the scope that made the ticker"};
  finding.identity = {object.name};
  finding.identity_sites = {object.created_at};
  return finding;
}

// Whether the task can only be ended by a context that was made at this place.
bool WaitsOnlyForDone(const TaskInfo& task, SiteId made_at, const Model& model) {
  const Wait& wait = task.wait;
  const auto is_done = [&](ObjectId channel) {
    const ObjectId context = ContextOf(model, channel);
    return context != 0 && model.Object(context).created_at == made_at;
  };
  if (task.ended || task.frozen || wait.timed) return false;
  if (wait.kind == WaitKind::kRecv) return is_done(wait.object);
  return wait.kind == WaitKind::kSelect && !wait.cases.empty() &&
         std::ranges::all_of(wait.cases, [&](const SelectCase& choice) {
           return !choice.is_send && is_done(choice.channel);
         });
}

// They would have been ended by the cancel that is missing: one bug.
void AddThoseThatWait(const Cut& cut, const Model& model, SiteId made_at, Finding& finding) {
  constexpr std::size_t kTold = 8;  // one by one
  for (const TaskId id : model.open_tasks()) {
    const TaskInfo& task = model.Task(id);
    if (id == 1 || cut.Explained(id) || !WaitsOnlyForDone(task, made_at, model)) continue;
    finding.explains.push_back(id);
    if (finding.explains.size() > kTold) continue;
    finding.tasks.push_back(DescribeTask(model, id));
  }
  const std::size_t waiting = finding.explains.size();
  if (waiting == 0) return;
  absl::StrAppend(&finding.summary, " ",
                  waiting == 1 ? absl::StrCat(Quoted(model, finding.explains.front()), " waits")
                               : absl::StrCat(waiting, " goroutines wait"),
                  " for it.");
}

}  // namespace

EventSet LeakResource::wants() const {
  return Events({EventType::kObjectBegin, EventType::kObjectEnd, EventType::kCancel,
                 EventType::kTimerSet, EventType::kTimerStop, EventType::kProcessEnd});
}

void LeakResource::On(const Event& event, const Model& model) {
  switch (event.type) {
    case EventType::kObjectBegin:
      if (event.args[0] == static_cast<std::uint64_t>(ObjectKind::kContext)) {
        open_[event.subject] = false;
      }
      return;
    case EventType::kTimerSet:
      if (model.Object(event.subject).kind == ObjectKind::kTicker) open_[event.subject] = false;
      return;
    case EventType::kCancel:
    case EventType::kTimerStop:
      open_.erase(event.subject);
      return;
    case EventType::kObjectEnd:
      if (const auto found = open_.find(event.subject); found != open_.end()) found->second = true;
      return;
    default:
      ended_ = static_cast<trace::ProcessEndReason>(event.args[0]);
  }
}

std::vector<ObjectId> LeakResource::Leaked(const Cut& cut, const Model& model) {
  std::vector<ObjectId> leaked;
  std::erase_if(open_, [&](const auto& entry) {
    const auto& [id, gone] = entry;
    const ObjectInfo& object = model.Object(id);
    const bool frozen = model.Task(object.creator).frozen || cut.Explained(object.creator) ||
                        cut.ExplainedIn(object.test, object.creator);
    // A call of exit ends no scope.
    const bool over = ended_ == trace::ProcessEndReason::kMainReturned ||
                      (cut.kind == CutKind::kTestEnd && object.test == cut.test_id);
    if (!gone && !over) return false;
    if (!frozen) leaked.push_back(id);
    return true;
  });
  return leaked;
}

std::vector<Finding> LeakResource::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  if (ended_ == trace::ProcessEndReason::kFatal) return findings;
  std::map<std::pair<ObjectKind, SiteId>, std::vector<ObjectId>> by_place;
  for (ObjectId id : Leaked(cut, model)) {
    const ObjectInfo& object = model.Object(id);
    by_place[{object.kind, object.created_at}].push_back(id);
  }
  for (const auto& [place, alike] : by_place) {
    Finding& finding = findings.emplace_back(Describe(alike, model));
    if (place.first == ObjectKind::kContext) AddThoseThatWait(cut, model, place.second, finding);
  }
  return findings;
}

}  // namespace gordian::detector
