#include "detector/analysis/waitgroup_reuse.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {

using trace::Event;
using trace::EventType;

EventSet WaitGroupReuse::wants() const {
  return Events({EventType::kWaitGroupAdd, EventType::kWaitGroupWait});
}

void WaitGroupReuse::Report(ObjectId group, const Moment& add, const Moment& wait,
                            const Model& model) {
  if (!known_.emplace(add.site, wait.site).second) return;
  const std::string name = model.ObjectName(group);
  const std::string adder = Quoted(model, add.task), waiter = Quoted(model, wait.task);
  Finding finding;
  finding.rule = "misuse.waitgroup-reuse";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, add.task);
  finding.title = absl::StrCat(adder, " calls Add on ", name,
                               " from zero, unordered with the Wait of ", waiter);
  finding.summary = absl::StrCat(
      adder, " raises ", name, " from zero while ", waiter,
      " waits for it, and nothing orders the two: if the Wait comes first it returns at once, and "
      "nobody waits for what ",
      adder, " announced.");
  const auto part = [&](const Moment& moment, std::string what) {
    TaskPart task = DescribeTask(model, moment.task);
    task.at = moment.site;
    task.what = std::move(what);
    finding.evidence.push_back({moment.seq, moment.task, moment.site, task.what});
    finding.tasks.push_back(std::move(task));
  };
  part(add, absl::StrCat("calls Add on ", name, ", which was zero"));
  part(wait, absl::StrCat("calls Wait on ", name));
  finding.objects = {DescribeObject(model, group)};
  finding.reasons = {
      "An Add from zero must happen before the Wait, or after the Wait has returned; here no lock, "
      "channel or spawn puts them in either order"};
  finding.advice = {absl::StrCat("Call Add before ", waiter,
                                 " can reach Wait: in the task that waits, before it starts the "
                                 "others (WaitGroup::Go does that)")};
  finding.identity = {model.Object(group).name};
  finding.identity_sites = {add.site, wait.site};
  findings_.push_back(std::move(finding));
}

void WaitGroupReuse::On(const Event& event, const Model& model) {
  const bool is_add = event.type == EventType::kWaitGroupAdd;
  if (is_add && (static_cast<std::int64_t>(event.args[0]) <= 0 || event.args[0] != event.args[1])) {
    return;
  }
  Group& group = groups_[event.subject];
  SiteId site = event.site;
  const Wait& blocked = model.Task(event.task).wait;
  if (!is_add && blocked.object == event.subject) site = blocked.site;
  const Moment now{event.task, model.Epoch(event.task), site, event.seq};
  const auto ordered = [&](const Moment& before) {
    return model.HappenedBefore(before.task, before.epoch, event.task);
  };
  for (const Moment& other : is_add ? group.waits : group.adds) {
    if (ordered(other)) continue;
    is_add ? Report(event.subject, now, other, model) : Report(event.subject, other, now, model);
  }
  std::vector<Moment>& same = is_add ? group.adds : group.waits;
  std::erase_if(same, ordered);
  same.push_back(now);
}

std::vector<Finding> WaitGroupReuse::AtCut(const Cut&, const Model&) {
  return std::exchange(findings_, {});
}

}  // namespace gordian::detector
