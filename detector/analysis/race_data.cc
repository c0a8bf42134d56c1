#include "detector/analysis/race_data.h"

#include <algorithm>
#include <utility>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

namespace {

bool IsAtomic(EventType type) {
  return type == EventType::kAtomicLoad || type == EventType::kAtomicStore ||
         type == EventType::kAtomicRmw || type == EventType::kAtomicCasFail;
}

// Whether it passes on to others what its task has done.
bool IsRelease(EventType type) {
  return type != EventType::kAtomicLoad && type != EventType::kAtomicCasFail;
}

}  // namespace

EventSet RaceData::wants() const {
  return Events({EventType::kRead,          EventType::kWrite,         EventType::kSite,
                 EventType::kSiteStack,     EventType::kObjectBegin,   EventType::kUnlock,
                 EventType::kRUnlock,       EventType::kWaitGroupAdd,  EventType::kChanSend,
                 EventType::kChanClose,     EventType::kTaskSpawn,     EventType::kOnceEnd,
                 EventType::kSemRelease,    EventType::kHbRelease,     EventType::kCancel,
                 EventType::kCondSignal,    EventType::kCondBroadcast, EventType::kAtomicStore,
                 EventType::kAtomicRmw,     EventType::kAtomicLoad,    EventType::kAtomicCasFail,
                 EventType::kMemRead,       EventType::kMemWrite,      EventType::kMemReadRange,
                 EventType::kMemWriteRange, EventType::kObjectAt,      EventType::kHeapAlloc,
                 EventType::kHeapFree,      EventType::kStackBegin});
}

void RaceData::Report(const Access& first, const Access& second, const Model& model) {
  const ObjectId variable = second.object;
  const SiteId made = model.Object(variable).created_at;
  Race race{.variable = variable};
  race.first = first;
  race.second = second;
  log_.Add(race, made != 0 ? made : std::uint64_t{variable} << 32, model);
}

void RaceData::Read(Variable& variable, const Access& access, const TaskClock& clock,
                    const Model& model) {
  const auto ordered = [&](const Access& a) { return clock.Knows(a.slot, a.epoch); };
  if (variable.write.task != 0 && !ordered(variable.write)) Report(variable.write, access, model);
  if (variable.reads != nullptr) {
    const auto same = std::ranges::find(*variable.reads, access.slot, &Access::slot);
    if (same != variable.reads->end()) {
      *same = access;
    } else {
      variable.reads->push_back(access);
    }
  } else if (variable.read.task == 0 || ordered(variable.read)) {
    variable.read = access;
  } else {
    variable.reads = std::make_unique<std::vector<Access>>(
        std::vector<Access>{std::exchange(variable.read, Access()), access});
  }
}

void RaceData::Write(Variable& variable, const Access& access, const TaskClock& clock,
                     const Model& model) {
  const auto ordered = [&](const Access& a) { return clock.Knows(a.slot, a.epoch); };
  if (variable.write.task != 0 && !ordered(variable.write)) Report(variable.write, access, model);
  if (variable.reads != nullptr) {
    for (const Access& read : *variable.reads) {
      if (!ordered(read)) Report(read, access, model);
    }
    variable.reads.reset();
  } else if (variable.read.task != 0 && !ordered(variable.read)) {
    Report(variable.read, access, model);
  }
  // Whoever races with a forgotten read races with this write too.
  variable.read = Access();
  variable.write = access;
}

void RaceData::OnObject(const Event& event, const Model& model) {
  Variable* variable = event.subject != 0 ? variables_.At(event.subject) : nullptr;
  if (variable == nullptr || event.task == 0) return;
  any_variable_ = true;
  const bool is_write = event.type == EventType::kWrite;
  const TaskClock& clock = model.ClockOf(event.task);
  const auto same_epoch = [&](const Access& a) {
    return a.task == event.task && a.epoch == clock.epoch();
  };
  if (same_epoch(variable->write) || (!is_write && same_epoch(variable->read))) return;
  const Access access{.seq = event.seq,
                      .task = event.task,
                      .slot = clock.slot(),
                      .epoch = clock.epoch(),
                      .site = event.site,
                      .lockset = log_.Held(event.task, model),
                      .object = event.subject,
                      .kind = is_write ? AccessKind::kWrite : AccessKind::kRead};
  is_write ? Write(*variable, access, clock, model) : Read(*variable, access, clock, model);
}

void RaceData::On(const Event& event, const Model& model) {
  switch (event.type) {
    case EventType::kRead:
    case EventType::kWrite:
      return OnObject(event, model);
    case EventType::kSite:
    case EventType::kSiteStack:
      return log_.TakeSite(event);
    case EventType::kObjectBegin:
      any_variable_ |= event.args[0] == static_cast<std::uint64_t>(trace::ObjectKind::kVariable);
      return;
    default:
      break;
  }
  if (event.type >= EventType::kMemRead) any_variable_ = true;
  if (!any_variable_) return;
  if (event.type >= EventType::kMemRead || IsAtomic(event.type)) memory_.On(event, model);
  const bool is_free = event.type == EventType::kHeapFree;
  if (is_free || (event.type < EventType::kMemRead && IsRelease(event.type))) {
    log_.Remember(event, model);
  }
}

std::vector<Finding> RaceData::AtCut(const Cut&, const Model& model) {
  return log_.Fresh(model, names_);
}

}  // namespace gordian::detector
