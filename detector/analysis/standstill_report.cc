// deadlock.global where nothing can run any more and no cycle says why: each wait is explained by
// itself, and what lies behind it is named.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "detector/analysis/deadlock.h"
#include "detector/analysis/deadlock_parts.h"
#include "detector/analysis/deadlock_words.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kNamed = 4;

// Tasks that were started at one place, go by one name and wait at one place.
std::vector<std::vector<TaskId>> GroupsOfAlike(const Model& model,
                                               const std::vector<TaskId>& tasks) {
  std::vector<std::vector<TaskId>> groups;
  // By where they were started, and where and for what they wait.
  using Places = std::tuple<SiteId, SiteId, WaitKind, ObjectId>;
  absl::flat_hash_map<Places, std::vector<std::size_t>> by_places;
  for (const TaskId task : tasks) {
    const TaskInfo& info = model.Task(task);
    std::vector<std::size_t>& near =
        by_places[{info.spawned_at, info.wait.site, info.wait.kind, info.wait.object}];
    const auto alike = std::find_if(near.begin(), near.end(), [&](std::size_t group) {
      const TaskInfo& first = model.Task(groups[group].front());
      return info.spawned_seq != 0 && NamedAlike(first.name, info.name);
    });
    if (alike != near.end()) {
      groups[*alike].push_back(task);
    } else {
      near.push_back(groups.size());
      groups.push_back({task});
    }
  }
  return groups;
}

// "main waits to send on jobs", "3 tasks like \"worker\" wait to receive from jobs".
std::string WhatTheyWaitFor(const Model& model, const std::vector<TaskId>& alike) {
  const TaskId first = alike.front();
  std::string waits = WhatItWaitsFor(model, first);
  if (alike.size() == 1) return absl::StrCat(Quoted(model, first), " ", waits);
  const std::string& name = model.Task(first).name;
  const std::string like = name.empty() ? model.TaskName(first) : absl::StrCat("\"", name, "\"");
  constexpr std::string_view kWaits = "waits";
  if (waits.starts_with(kWaits)) waits.erase(kWaits.size() - 1, 1);
  return absl::StrCat(Count(alike.size(), "task"), " like ", like, " ", waits);
}

// What went wrong before the wait began: who did not do what he should have, and why nobody else
// can.
struct Cause {
  std::string title;   // a clause; empty: nothing is known
  std::string reason;  // a sentence
  std::string advice;
  std::vector<TaskId> tasks;  // who did so
  SiteId at = 0;              // of one task: where
  std::string deed;           // "calls Signal on c, which wakes nobody"
  std::uint64_t seq = 0;      // of the deed, if it is an event
};

Cause LostSignal(const LostWakeup::Signal& signal, TaskId waiter, const Model& model) {
  const std::string cond = model.ObjectName(model.Task(waiter).wait.object);
  const std::string call = signal.broadcast ? "Broadcast" : "Signal";
  const std::string who = Quoted(model, waiter);
  return {
      .title =
          absl::StrCat("the ", call, " on ", cond, " came before ", who, " waited, and is lost"),
      .reason = absl::StrCat(Quoted(model, signal.task), " called ", call, " on ", cond,
                             " when nobody waited, and a condition variable remembers nothing; ",
                             who, " began to wait after that."),
      .advice = std::string(kAgainstLostWakeups),
      .tasks = {signal.task},
      .at = signal.site,
      .deed = absl::StrCat("calls ", call, " on ", cond, ", which wakes nobody"),
      .seq = signal.seq};
}

// A lock whose holder has ended.
Cause KeptLock(TaskId waiter, const Model& model) {
  const ObjectInfo& lock = model.Object(model.Task(waiter).wait.object);
  for (const TaskId holder : lock.holders) {
    if (!model.Task(holder).ended) continue;
    for (const Hold& hold : model.Task(holder).held) {
      if (hold.object != lock.id) continue;
      const std::string name = model.ObjectName(lock.id), who = Quoted(model, holder);
      return {.title = absl::StrCat(who, " ended without unlocking ", name),
              .advice = absl::StrCat("Unlock ", name, " on every path to the end of ", who,
                                     ": hold it by std::scoped_lock"),
              .tasks = {holder},
              .at = hold.site,
              .deed = absl::StrCat("locks ", name, ", and ended without unlocking it"),
              .seq = hold.seq};
    }
  }
  return {};
}

Cause MissingDone(TaskId waiter, const Model& model) {
  const ObjectId group = model.Task(waiter).wait.object;
  std::vector<TaskId> ended = EndedWithoutDone(model, group);
  if (ended.empty()) return {};
  const std::string name = model.ObjectName(group);
  const std::string who = Enumerate(QuotedAlike(model, ended));
  return {.title = absl::StrCat(who, " ended without calling Done on ", name),
          .reason = absl::StrCat(who, ended.size() == 1 ? " was" : " were", " started after ", name,
                                 " was made and ended without ever calling Done on it."),
          .tasks = std::move(ended),
          .deed = absl::StrCat("ended without calling Done on ", name)};
}

Cause CauseOf(TaskId waiter, const Model& model, const LostWakeup* lost) {
  switch (model.Task(waiter).wait.kind) {
    case WaitKind::kCond: {
      const LostWakeup::Signal* signal = lost != nullptr ? lost->LostOn(waiter, model) : nullptr;
      return signal != nullptr ? LostSignal(*signal, waiter, model) : Cause{};
    }
    case WaitKind::kLock:
    case WaitKind::kRLock:
      return KeptLock(waiter, model);
    case WaitKind::kWaitGroup:
      return MissingDone(waiter, model);
    default:
      return {};
  }
}

std::string TitleOf(const Model& model, const std::vector<TaskId>& all) {
  if (all.size() > 1)
    return absl::StrCat("all ", Count(all.size(), "task"), " are blocked for ever");
  return absl::StrCat(Quoted(model, all[0]), " ", WhatItWaitsFor(model, all[0]),
                      ", and nobody is left");
}

std::string SummaryOf(const Model& model, const std::vector<std::vector<TaskId>>& groups,
                      std::size_t tasks) {
  std::vector<std::string> parts;
  std::size_t named = 0;
  for (const std::vector<TaskId>& group : groups) {
    if (parts.size() == kNamed) break;
    named += group.size();
    parts.push_back(WhatTheyWaitFor(model, group));
  }
  const std::size_t more = tasks - named;
  if (more > 0) {
    parts.push_back(absl::StrCat(Count(more, "more task"), more == 1 ? " waits" : " wait", " too"));
  }
  return absl::StrCat("The program can never go on: ", Enumerate(parts),
                      ". No task is left that runs, sleeps, waits for input or has a timer.");
}

void Advise(std::string advice, Finding& finding) {
  const bool said = std::ranges::find(finding.advice, advice) != finding.advice.end();
  if (!said && finding.advice.size() < kNamed) finding.advice.push_back(std::move(advice));
}

}  // namespace

Finding DescribeStandstill(const Stuck& stuck, const LostWakeup* lost) {
  const Model& model = stuck.model();
  const std::vector<TaskId>& all = stuck.tasks();
  const std::vector<std::vector<TaskId>> groups = GroupsOfAlike(model, all);
  Finding finding;
  finding.rule = "deadlock.global";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, all.front());
  finding.summary = SummaryOf(model, groups, all.size());
  Assembler assembler(stuck, &finding);
  for (const TaskId task : all) {
    assembler.AddTask(task, "");
    assembler.AddIdentity(task);
  }
  std::string cause_title;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const TaskId first = groups[i].front();
    const Wait& wait = model.Task(first).wait;
    finding.evidence.push_back({wait.seq, first, wait.site, WhatItWaitsFor(model, first)});
    const Cause cause = CauseOf(first, model, lost);
    if (cause_title.empty()) cause_title = cause.title;
    if (i < kNamed) {
      finding.reasons.push_back(cause.reason.empty() ? WhyNobody(stuck, first) : cause.reason);
    }
    Advise(cause.advice.empty() ? HowToEndWait(model, first) : cause.advice, finding);
    for (const TaskId task : cause.tasks) {
      const TaskInfo& info = model.Task(task);
      assembler.AddDeed(task, cause.at != 0 ? cause.at : info.last_site, cause.deed);
      if (cause.seq != 0) finding.evidence.push_back({cause.seq, task, cause.at, cause.deed});
    }
  }
  for (const TaskId task : all) assembler.AddGone(task);
  if (!cause_title.empty()) {
    finding.summary = absl::StrCat(cause_title, ". ", finding.summary);
  }
  finding.title = absl::StrCat("nothing can run any more: ",
                               cause_title.empty() ? TitleOf(model, all) : cause_title);
  SortParts(finding);
  return finding;
}

}  // namespace gordian::detector
