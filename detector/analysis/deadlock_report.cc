// The findings of deadlock.cycle, deadlock.self, and of deadlock.global where a cycle says why.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "detector/analysis/deadlock.h"
#include "detector/analysis/deadlock_parts.h"
#include "detector/analysis/deadlock_words.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kTitleNames = 4;  // a title is one line

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

std::string BlockedBehind(std::size_t n) {
  return absl::StrCat(Count(n, "more task"), n == 1 ? " is" : " are", " blocked behind it.");
}

}  // namespace

Finding DescribeDeadlock(const DeadlockCore& core, const Stuck& stuck, const LockOrder* order) {
  const Model& model = stuck.model();
  Finding finding;
  finding.rule = core.IsSelf(model) ? "deadlock.self" : "deadlock.cycle";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, core.cycle.front().waiter);
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
  SortParts(finding);
  return finding;
}

namespace {

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

Finding DescribeGlobal(const std::vector<DeadlockCore>& cores, const Stuck& stuck,
                       const LockOrder* order) {
  const Model& model = stuck.model();
  Finding finding;
  finding.rule = "deadlock.global";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, stuck.tasks().front());
  Assembler assembler(stuck, &finding);
  for (const DeadlockCore& core : cores) {
    DescribeCore(core, model, order, finding);
    assembler.AddCore(core);
    for (const Link& link : core.cycle) assembler.AddIdentity(link.waiter);
  }
  assembler.AddPicture(cores.front());
  absl::StrAppend(&finding.summary,
                  "Every other task is blocked too, so that the program can never go on.");
  for (const TaskId task : stuck.tasks()) assembler.AddTask(task, "is blocked as well");
  SortParts(finding);
  return finding;
}

}  // namespace gordian::detector
