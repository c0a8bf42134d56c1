// What a race's report says.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/race_data.h"

namespace gordian::detector {
namespace {

using trace::EventType;

// "holding accounts.mu and rw (for reading)", "holding no lock".
std::string Holding(const std::vector<HeldLock>& held, const Model& model) {
  if (held.empty()) return "holding no lock";
  std::vector<std::string> names;
  for (const HeldLock& lock : held) {
    names.push_back(absl::StrCat(model.ObjectName(lock.object), lock.shared ? " for reading" : ""));
  }
  return absl::StrCat("holding ", Enumerate(names));
}

TaskPart Part(const Access& access, const std::vector<HeldLock>& held, const std::string& variable,
              const Model& model) {
  TaskPart part = DescribeTask(model, access.task);
  part.at = access.site;
  part.held = held;
  part.is_waiting = false;
  part.waiting = {};
  part.what = absl::StrCat(access.is_write ? "writes " : "reads ", variable);
  return part;
}

std::string Released(const Release& release, const Model& model) {
  const std::string object = model.ObjectName(release.subject);
  switch (release.type) {
    case EventType::kTaskSpawn:
      return absl::StrCat("started ", Quoted(model, release.subject));
    case EventType::kUnlock:
    case EventType::kRUnlock:
      return absl::StrCat("unlocked ", object);
    case EventType::kChanSend:
      return absl::StrCat("sent on ", object);
    case EventType::kChanClose:
      return absl::StrCat("closed ", object);
    case EventType::kWaitGroupAdd:
      return absl::StrCat("called Done on ", object);
    case EventType::kCancel:
      return absl::StrCat("cancelled ", object);
    case EventType::kCondSignal:
    case EventType::kCondBroadcast:
      return absl::StrCat("signalled ", object);
    default:
      return absl::StrCat("released ", object);
  }
}

const HeldLock* CommonLock(const Race& race) {
  for (const HeldLock& lock : race.first_held) {
    const auto same = std::ranges::find(race.second_held, lock.object, &HeldLock::object);
    if (same != race.second_held.end()) return &lock;
  }
  return nullptr;
}

void Explain(const Race& race, Finding& finding, const Model& model) {
  const std::string first = Quoted(model, race.first.task);
  const std::string second = Quoted(model, race.second.task);
  if (const HeldLock* common = CommonLock(race)) {
    finding.reasons.push_back(
        absl::StrCat("Both hold ", model.ObjectName(common->object),
                     ", but not both for writing, and readers do not exclude each other"));
  } else if (race.first_held.empty() && race.second_held.empty()) {
    finding.reasons.push_back("Neither holds a lock");
  } else {
    finding.reasons.push_back(absl::StrCat("No lock is held by both: ", first, " is ",
                                           Holding(race.first_held, model), ", ", second, " ",
                                           Holding(race.second_held, model)));
  }
  if (race.last_known.type != EventType::kNone) {
    finding.reasons.push_back(absl::StrCat("The last that ", second, " knows of ", first,
                                           " is that it ", Released(race.last_known, model),
                                           "; the access of ", first, " came after that"));
    finding.evidence.push_back({.seq = 0,
                                .task = race.first.task,
                                .site = race.last_known.site,
                                .what = Released(race.last_known, model)});
  } else if (race.knows_nothing) {
    finding.reasons.push_back(
        absl::StrCat("No synchronisation leads from ", first, " to ", second, " at all"));
  }
}

void Advise(const Race& race, const std::string& variable, Finding& finding, const Model& model) {
  const auto exclusive = [](const HeldLock& lock) { return !lock.shared; };
  const auto first = std::ranges::find_if(race.first_held, exclusive);
  const auto second = std::ranges::find_if(race.second_held, exclusive);
  const bool guarded = first != race.first_held.end();
  const bool also_guarded = second != race.second_held.end();
  if (guarded != also_guarded) {
    const HeldLock& lock = guarded ? *first : *second;
    const Access& bare = guarded ? race.second : race.first;
    finding.advice.push_back(absl::StrCat("Hold ", model.ObjectName(lock.object), " around what ",
                                          Quoted(model, bare.task), " does with ", variable,
                                          " too, as the other side does"));
    return;
  }
  if (guarded) {
    finding.advice.push_back(absl::StrCat("Guard ", variable, " with one lock: either ",
                                          model.ObjectName(first->object), " or ",
                                          model.ObjectName(second->object), ", at every access"));
    return;
  }
  finding.advice.push_back(absl::StrCat(
      "Guard ", variable,
      " with one gordian::Mutex, make it a gordian::Atomic, or let one task own it and "
      "hand the value over through a channel"));
}

}  // namespace

Finding DescribeRace(const Race& race, const Model& model) {
  const std::string variable = model.ObjectName(race.variable);
  const std::string first = Quoted(model, race.first.task);
  const std::string second = Quoted(model, race.second.task);
  const auto verb = [](const Access& a) { return a.is_write ? " writes " : " reads "; };

  Finding finding;
  finding.rule = "race.data";
  finding.verdict = Verdict::kConfirmed;
  finding.test = model.TestName(model.Task(race.second.task).test);
  finding.title = absl::StrCat("Data race on ", variable, ": ", first, verb(race.first),
                               "it while ", second, verb(race.second), "it");
  finding.summary =
      absl::StrCat(first, verb(race.first), variable, " ", Holding(race.first_held, model), "; ",
                   second, verb(race.second), "it ", Holding(race.second_held, model),
                   ". Nothing orders the two: they can come in either order, or at the same moment",
                   race.first.is_write && race.second.is_write
                       ? ", and one of the two values is lost."
                       : ", and the reader can see the old value, the new one, or part of each.");
  finding.tasks = {Part(race.first, race.first_held, variable, model),
                   Part(race.second, race.second_held, variable, model)};
  finding.objects = {DescribeObject(model, race.variable)};
  for (const auto* held : {&race.first_held, &race.second_held}) {
    for (const HeldLock& lock : *held) {
      const auto same = std::ranges::find(finding.objects, lock.object, &ObjectPart::id);
      if (same == finding.objects.end()) {
        finding.objects.push_back(DescribeObject(model, lock.object));
      }
    }
  }
  for (const Access* access : {&race.first, &race.second}) {
    finding.evidence.push_back({access->seq, access->task, access->site,
                                absl::StrCat(access->is_write ? "writes " : "reads ", variable)});
  }
  Explain(race, finding, model);
  Advise(race, variable, finding, model);
  finding.count = race.count;
  finding.identity = {model.Object(race.variable).name};
  finding.identity_sites = {std::min(race.first.site, race.second.site),
                            std::max(race.first.site, race.second.site)};
  return finding;
}

}  // namespace gordian::detector
