// The findings of deadlock.cycle, deadlock.self and deadlock.global.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "detector/analysis/deadlock.h"
#include "detector/analysis/deadlock_words.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kTaskParts = 64;  // tasks described one by one
constexpr std::size_t kTitleNames = 4;  // a title is one line

std::string TestOf(const Model& model, const Cut& cut, TaskId task) {
  const std::uint32_t test = model.Task(task).test;
  if (test != 0) return std::string(model.TestName(test));
  // The task that runs the tests.
  return std::string(cut.test.empty() ? model.TestName(model.current_test()) : cut.test);
}

// "Two goroutines", "Three tasks".
std::string Crowd(const Model& model, const std::vector<Link>& cycle) {
  static constexpr const char* kNumbers[] = {"No", "One", "Two", "Three", "Four", "Five", "Six"};
  std::string kind = "goroutine";
  for (const Link& link : cycle) {
    const trace::TaskKind task = model.Task(link.waiter).kind;
    if (task != model.Task(cycle[0].waiter).kind)
      kind = "task";
    else if (kind != "task" && task == trace::TaskKind::kThread)
      kind = "thread";
  }
  const std::string n = cycle.size() < 7 ? kNumbers[cycle.size()] : std::to_string(cycle.size());
  return absl::StrCat(n, " ", kind, cycle.size() == 1 ? "" : "s");
}

std::string TitleOf(const Model& model, const DeadlockCore& core) {
  const Link& first = core.cycle.front();
  if (core.cycle.size() == 1) {
    return absl::StrCat(Quoted(model, first.waiter), " waits for ever for ",
                        model.ObjectName(first.object), ", which it holds itself");
  }
  std::vector<std::string> names;
  if (core.cycle.size() > kTitleNames) {
    return absl::StrCat(Count(core.cycle.size(), "task"),
                        " wait for each other in a circle for ever");
  }
  for (const Link& link : core.cycle) names.push_back(Quoted(model, link.waiter));
  return absl::StrCat(Enumerate(names), core.cycle.size() == 2
                                            ? " wait for each other for ever"
                                            : " wait for each other in a circle for ever");
}

std::string SelfSummary(const Model& model, const Link& link) {
  const std::string who = Quoted(model, link.waiter), lock = model.ObjectName(link.object);
  const Wait& wait = model.Task(link.waiter).wait;
  std::string had = "locked it before and has not unlocked it";
  for (const Hold& hold : model.Task(link.waiter).held) {
    if (hold.object != link.object || !hold.shared) continue;
    had = "has read-locked it before and keeps that lock";
  }
  if (wait.kind == WaitKind::kOnce) had = "is inside its function already";
  return absl::StrCat(who, " ", WhatItWaitsFor(model, link.waiter), " for ever: it ", had,
                      ", and nobody else can release it.");
}

std::string SummaryOf(const Model& model, const DeadlockCore& core) {
  if (core.cycle.size() == 1) return SelfSummary(model, core.cycle[0]);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < core.cycle.size(); ++i) {
    const Link& served = core.cycle[(i + core.cycle.size() - 1) % core.cycle.size()];
    parts.push_back(absl::StrCat(Quoted(model, core.cycle[i].waiter), " ", WhatItHas(model, served),
                                 " and ", WhatItWaitsFor(model, core.cycle[i].waiter)));
  }
  return absl::StrCat(Crowd(model, core.cycle),
                      " wait for each other for ever: ", absl::StrJoin(parts, "; "), ".");
}

class Assembler {
 public:
  Assembler(const Stuck& stuck, Finding* finding) : model_(stuck.model()), finding_(*finding) {}

  void AddCore(const DeadlockCore& core) {
    for (const Link& link : core.cycle) {
      AddTask(link.waiter, "", /*folds=*/false);
      AddEvidence(link);
    }
    for (const TaskId member : core.members) AddTask(member, "waits for members of the cycle");
    for (const TaskId task : core.behind) AddTask(task, "is blocked behind it");
  }

  void AddPicture(const DeadlockCore& core) {
    for (const Link& link : core.cycle) {
      for (Edge& edge : ArrowsOf(model_, link)) finding_.picture.push_back(std::move(edge));
    }
  }

  // Its part in the report; alike tasks behind a deadlock are counted, not repeated.
  void AddTask(TaskId task, std::string what, bool folds = true) {
    if (!tasks_.insert(task).second) return;
    finding_.explains.push_back(task);
    const TaskInfo& info = model_.Task(task);
    const auto alike =
        std::find_if(finding_.tasks.begin(), finding_.tasks.end(), [&](const TaskPart& part) {
          return folds && part.what == what && part.spawned_at == info.spawned_at &&
                 part.held.empty() && info.held.empty() && part.waiting.site == info.wait.site &&
                 NamedAlike(model_.Task(part.id).name, info.name);
        });
    if (alike != finding_.tasks.end()) {
      ++alike->count;
      return;
    }
    if (finding_.tasks.size() == kTaskParts) return;
    TaskPart& part = finding_.tasks.emplace_back(DescribeTask(model_, task));
    part.what = std::move(what);
    for (const HeldLock& held : part.held) AddObject(held.object);
    AddObject(part.waiting.object);
    for (const ObjectId channel : part.waiting.choices) AddObject(channel);
  }

  // Those who had a hand in what `task` waits for, and have ended: with the lock, or without doing
  // what it waits for.
  void AddGone(TaskId task) {
    const Wait& wait = model_.Task(task).wait;
    bool is_new = false;
    for (const Wanted& wanted : WantedBy(wait)) is_new |= asked_for_.insert(wanted).second;
    if (!is_new) return;
    for (const GoneUser& user : GoneUsers(model_, task)) {
      if (!tasks_.insert(user.task).second || finding_.tasks.size() == kTaskParts) continue;
      TaskPart& part = finding_.tasks.emplace_back(DescribeTask(model_, user.task));
      const std::string name = model_.ObjectName(user.object);
      part.at = user.site;
      part.what = absl::StrCat("used ", name, ", and has ended");
      for (const Hold& hold : model_.Task(user.task).held) {
        if (hold.object != wait.object) continue;
        part.at = hold.site;
        part.what = absl::StrCat("locks ", name, ", and ended without unlocking it");
      }
      part.held.clear();
    }
  }

  // How many wait alike is no part of what a finding is.
  void AddIdentity(TaskId task) {
    const Wait& wait = model_.Task(task).wait;
    const ObjectInfo& object = model_.Object(wait.object);
    std::string what = absl::StrCat(std::string(NameOf(wait.kind)), " ",
                                    std::string(trace::NameOf(object.kind)), " ", object.name);
    if (!identified_.emplace(what, wait.site).second) return;
    finding_.identity.push_back(std::move(what));
    finding_.identity_sites.push_back(wait.site);
  }

 private:
  void AddEvidence(const Link& link) {
    const Wait& wait = model_.Task(link.waiter).wait;
    for (const Hold& hold : model_.Task(link.server).held) {
      if (hold.object != link.object) continue;
      finding_.evidence.push_back(
          {hold.seq, link.server, hold.site,
           absl::StrCat(hold.shared ? "read-locks " : "locks ", model_.ObjectName(hold.object))});
    }
    finding_.evidence.push_back(
        {wait.seq, link.waiter, wait.site, WhatItWaitsFor(model_, link.waiter)});
  }

  void AddObject(ObjectId object) {
    if (object != 0 && objects_.insert(object).second) {
      finding_.objects.push_back(DescribeObject(model_, object));
    }
  }

  const Model& model_;
  Finding& finding_;
  absl::flat_hash_set<TaskId> tasks_;
  absl::flat_hash_set<ObjectId> objects_;
  absl::flat_hash_set<Wanted> asked_for_;
  absl::flat_hash_set<std::pair<std::string, SiteId>> identified_;
};

void Finish(Finding& finding) {
  std::sort(finding.evidence.begin(), finding.evidence.end(),
            [](const Evidence& a, const Evidence& b) { return a.seq < b.seq; });
  std::sort(finding.identity.begin(), finding.identity.end());
  std::sort(finding.identity_sites.begin(), finding.identity_sites.end());
}

std::string BlockedBehind(std::size_t n) {
  return absl::StrCat(Count(n, "more task"), n == 1 ? " is" : " are", " blocked behind it.");
}

}  // namespace

Finding DescribeDeadlock(const DeadlockCore& core, const Cut& cut, const Stuck& stuck,
                         const LockOrder* order) {
  const Model& model = stuck.model();
  Finding finding;
  finding.rule = core.IsSelf(model) ? "deadlock.self" : "deadlock.cycle";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, cut, core.cycle.front().waiter);
  finding.title = TitleOf(model, core);
  finding.summary = SummaryOf(model, core);
  finding.reasons = Conditions(model, core.cycle);
  const std::size_t others = core.members.size() - core.cycle.size() + core.behind.size();
  if (others > 0) finding.reasons.push_back(BlockedBehind(others));
  finding.advice = HowToBreak(model, core.cycle, order);
  Assembler assembler(stuck, &finding);
  assembler.AddPicture(core);
  assembler.AddCore(core);
  for (const Link& link : core.cycle) assembler.AddIdentity(link.waiter);
  Finish(finding);
  return finding;
}

namespace {

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

// Nothing can run, and no cycle says why: each wait is explained by itself.
void DescribeStandstill(const Stuck& stuck, Finding& finding) {
  constexpr std::size_t kNamed = 4;
  const Model& model = stuck.model();
  const std::vector<TaskId>& all = stuck.tasks();
  finding.title = all.size() == 1
                      ? absl::StrCat("nothing can run any more: ", Quoted(model, all[0]), " ",
                                     WhatItWaitsFor(model, all[0]), ", and nobody is left")
                      : absl::StrCat("nothing can run any more: all ", Count(all.size(), "task"),
                                     " are blocked for ever");
  std::vector<std::string> parts;
  const std::vector<std::vector<TaskId>> groups = GroupsOfAlike(model, all);
  std::size_t named = 0;
  for (const std::vector<TaskId>& group : groups) {
    if (parts.size() == kNamed) break;
    named += group.size();
    parts.push_back(WhatTheyWaitFor(model, group));
    finding.reasons.push_back(WhyNobody(stuck, group.front()));
  }
  const std::size_t more = all.size() - named;
  if (more > 0) {
    parts.push_back(absl::StrCat(Count(more, "more task"), more == 1 ? " waits" : " wait", " too"));
  }
  finding.summary =
      absl::StrCat("The program can never go on: ", Enumerate(parts),
                   ". No task is left that runs, sleeps, waits for input or has a timer.");
  for (const std::vector<TaskId>& group : groups) {
    std::string advice = HowToEndWait(model, group.front());
    const bool said = std::ranges::find(finding.advice, advice) != finding.advice.end();
    if (!said && finding.advice.size() < kNamed) finding.advice.push_back(std::move(advice));
  }
}

void DescribeCore(const DeadlockCore& core, const Model& model, const LockOrder* order,
                  Finding& finding) {
  if (finding.title.empty()) {
    finding.title = absl::StrCat("nothing can run any more: ", TitleOf(model, core));
  }
  absl::StrAppend(&finding.summary, SummaryOf(model, core), " ");
  for (std::string& reason : Conditions(model, core.cycle)) {
    finding.reasons.push_back(std::move(reason));
  }
  for (std::string& advice : HowToBreak(model, core.cycle, order)) {
    finding.advice.push_back(std::move(advice));
  }
}

}  // namespace

Finding DescribeGlobal(const std::vector<DeadlockCore>& cores, const Cut& cut, const Stuck& stuck,
                       const LockOrder* order) {
  const Model& model = stuck.model();
  Finding finding;
  finding.rule = "deadlock.global";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, cut, stuck.tasks().front());
  Assembler assembler(stuck, &finding);
  if (cores.empty()) DescribeStandstill(stuck, finding);
  for (const DeadlockCore& core : cores) {
    DescribeCore(core, model, order, finding);
    assembler.AddCore(core);
    for (const Link& link : core.cycle) assembler.AddIdentity(link.waiter);
  }
  if (!cores.empty()) {
    assembler.AddPicture(cores.front());
    absl::StrAppend(&finding.summary,
                    "Every other task is blocked too, so that the program can never go on.");
  }
  for (const TaskId task : stuck.tasks()) {
    assembler.AddTask(task, cores.empty() ? "" : "is blocked as well");
    if (cores.empty()) assembler.AddIdentity(task);
  }
  if (cores.empty()) {
    for (const TaskId task : stuck.tasks()) assembler.AddGone(task);
  }
  Finish(finding);
  return finding;
}

}  // namespace gordian::detector
