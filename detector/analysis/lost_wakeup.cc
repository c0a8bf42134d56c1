#include "detector/analysis/lost_wakeup.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_for.h"

namespace gordian::detector {

using trace::Event;
using trace::EventType;

EventSet LostWakeup::wants() const {
  return Events({EventType::kCondWait, EventType::kCondSignal, EventType::kCondBroadcast});
}

void LostWakeup::On(const Event& event, const Model& model) {
  if (event.type != EventType::kCondWait) {
    last_[event.subject] = {event.task, event.site, event.seq, event.args[0] == 0,
                            event.type == EventType::kCondBroadcast};
    return;
  }
  suspects_.erase(event.task);
  if (!has_waited_.emplace(event.task, event.subject).second) return;
  const auto last = last_.find(event.subject);
  if (last == last_.end() || !last->second.woke_nobody) return;
  // Who signals and then waits means another's signal, unless nobody else has to do with it.
  const std::vector<TaskId>& users = model.Object(event.subject).users;
  const bool is_only = std::ranges::all_of(users, [&](TaskId user) { return user == event.task; });
  if (last->second.task == event.task && !is_only) return;
  Suspect suspect{event.subject, static_cast<ObjectId>(event.args[0]), last->second, event.seq,
                  false};
  for (const Hold& hold : model.Task(event.task).held) {
    if (hold.object == suspect.lock) suspect.held_lock_then = hold.seq < suspect.signal.seq;
  }
  suspects_[event.task] = suspect;
}

Finding LostWakeup::Describe(TaskId task, const Suspect& suspect, const Model& model) const {
  const std::string cond = model.ObjectName(suspect.cond);
  const std::string waiter = Quoted(model, task), signaller = Quoted(model, suspect.signal.task);
  const std::string signal = suspect.signal.broadcast ? "Broadcast" : "Signal";
  Finding finding;
  finding.rule = "misuse.lost-wakeup";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, task);
  finding.title =
      absl::StrCat("The ", signal, " on ", cond, " came before ", waiter, " waited, and is lost");
  finding.summary =
      absl::StrCat(signaller, " called ", signal, " on ", cond, " when nobody waited; ", waiter,
                   " began to wait after that, and nobody has signalled since: it waits for ever.");
  TaskPart wait = DescribeTask(model, task);
  wait.what = absl::StrCat("waits on ", cond, " for ever");
  TaskPart part = DescribeTask(model, suspect.signal.task);
  part.at = suspect.signal.site;
  part.what = absl::StrCat("calls ", signal, " on ", cond, ", which wakes nobody");
  finding.evidence = {{suspect.signal.seq, suspect.signal.task, suspect.signal.site, part.what},
                      {suspect.wait_seq, task, wait.at, absl::StrCat("waits on ", cond)}};
  finding.tasks = {std::move(wait), std::move(part)};
  finding.objects = {DescribeObject(model, suspect.cond)};
  if (suspect.lock != 0) finding.objects.push_back(DescribeObject(model, suspect.lock));
  if (suspect.held_lock_then) {
    finding.reasons = {absl::StrCat(waiter, " held ", model.ObjectName(suspect.lock),
                                    " when the signal came, so ", signaller,
                                    " signalled without it: between the check and the wait")};
  } else {
    finding.reasons = {absl::StrCat("A condition variable remembers nothing: ", waiter,
                                    " waited without seeing that what it waits for had happened")};
  }
  finding.advice = {std::string(kAgainstLostWakeups)};
  finding.explains = {task};
  finding.identity = {model.Object(suspect.cond).name};
  finding.identity_sites = {suspect.signal.site, model.Task(task).wait.site};
  return finding;
}

// The section that it waits in is not the task's first under that lock since the signal.
bool LostWakeup::HasLookedSince(TaskId task, const Suspect& suspect) const {
  if (order_ == nullptr) return false;
  int sections = 0;
  for (const Acquire& acquire : order_->trace().Acquires(task)) {
    const bool between = acquire.at > suspect.signal.seq && acquire.at < suspect.wait_seq;
    if (between && acquire.lock == suspect.lock) ++sections;
  }
  return sections > 1;
}

const LostWakeup::Signal* LostWakeup::LostOn(TaskId task, const Model& model) const {
  const auto suspect = suspects_.find(task);
  if (suspect == suspects_.end()) return nullptr;
  const Wait& wait = model.Task(task).wait;
  if (wait.kind != WaitKind::kCond || wait.seq != suspect->second.wait_seq) return nullptr;
  if (HasLookedSince(task, suspect->second)) return nullptr;
  const auto last = last_.find(suspect->second.cond);
  return last->second.seq == suspect->second.signal.seq ? &last->second : nullptr;
}

std::vector<Finding> LostWakeup::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  if (suspects_.empty()) return findings;
  const Stuck stuck(model, cut);
  std::vector<TaskId> judged;
  for (const auto& [task, suspect] : suspects_) {
    const Wait& wait = model.Task(task).wait;
    if (LostOn(task, model) == nullptr) continue;
    const bool test_over = cut.kind == CutKind::kTestEnd && model.Task(task).test == cut.test_id;
    if (cut.Explained(task) || wait.timed || !(stuck.ForEver(task) || test_over)) continue;
    judged.push_back(task);
  }
  std::ranges::sort(judged);
  // All who wait at one place for want of one signal.
  std::map<std::pair<std::uint64_t, SiteId>, std::size_t> groups;
  for (TaskId task : judged) {
    const Suspect& suspect = suspects_[task];
    const auto [group, is_new] =
        groups.try_emplace({suspect.signal.seq, model.Task(task).wait.site}, findings.size());
    if (is_new) {
      findings.push_back(Describe(task, suspect, model));
    } else {
      Finding& finding = findings[group->second];
      ++finding.count;
      ++finding.tasks.front().count;
      finding.explains.push_back(task);
    }
    suspects_.erase(task);
  }
  return findings;
}

}  // namespace gordian::detector
