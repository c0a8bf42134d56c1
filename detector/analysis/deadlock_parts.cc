#include "detector/analysis/deadlock_parts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/deadlock_words.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kTaskParts = 64;  // tasks described one by one

}  // namespace

void Assembler::AddCore(const DeadlockCore& core) {
  for (const Link& link : core.cycle) {
    AddTask(link.waiter, "", /*folds=*/false);
    AddEvidence(link);
  }
  for (const TaskId member : core.members) AddTask(member, "waits for members of the cycle");
  for (const TaskId task : core.behind) AddTask(task, "is blocked behind it");
}

void Assembler::AddPicture(const DeadlockCore& core) {
  for (const Link& link : core.cycle) {
    for (Edge& edge : ArrowsOf(model_, link)) finding_.picture.push_back(std::move(edge));
  }
}

void Assembler::AddTask(TaskId task, std::string what, bool folds) {
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

void Assembler::AddGone(TaskId task) {
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

void Assembler::AddIdentity(TaskId task) {
  const Wait& wait = model_.Task(task).wait;
  const ObjectInfo& object = model_.Object(wait.object);
  std::string what = absl::StrCat(std::string(NameOf(wait.kind)), " ",
                                  std::string(trace::NameOf(object.kind)), " ", object.name);
  if (!identified_.emplace(what, wait.site).second) return;
  finding_.identity.push_back(std::move(what));
  finding_.identity_sites.push_back(wait.site);
}

void Assembler::AddEvidence(const Link& link) {
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

void Assembler::AddObject(ObjectId object) {
  if (object != 0 && objects_.insert(object).second) {
    finding_.objects.push_back(DescribeObject(model_, object));
  }
}

void Assembler::AddDeed(TaskId task, SiteId at, std::string what) {
  const auto before = std::ranges::find_if(finding_.tasks, [&](const TaskPart& part) {
    return part.id == task && !part.is_waiting && !part.what.empty();
  });
  if (before != finding_.tasks.end()) {
    absl::StrAppend(&before->what, ", and ", what);
    return;
  }
  if (finding_.tasks.size() == kTaskParts) return;
  tasks_.insert(task);
  TaskPart& part = finding_.tasks.emplace_back(DescribeTask(model_, task));
  part.at = at;
  part.is_waiting = false;
  part.what = std::move(what);
  part.held.clear();
}

void SortParts(Finding& finding) {
  std::sort(finding.evidence.begin(), finding.evidence.end(),
            [](const Evidence& a, const Evidence& b) { return a.seq < b.seq; });
  std::sort(finding.identity.begin(), finding.identity.end());
  std::sort(finding.identity_sites.begin(), finding.identity_sites.end());
}

}  // namespace gordian::detector
