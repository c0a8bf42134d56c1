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
                 EventType::kHeapFree,      EventType::kStackBegin,    EventType::kMayRace});
}

Access RaceData::AccessOf(const Seen& seen, AccessKind kind, ObjectId object) {
  return {.seq = std::uint64_t{seen.seq_high} << 32 | seen.seq_low,
          .task = seen.task,
          .slot = seen.slot,
          .epoch = seen.epoch,
          .site = seen.site,
          .lockset = seen.lockset,
          .object = object,
          .kind = kind};
}

void RaceData::Report(const Seen& first, AccessKind kind, const Present& now) {
  const SiteId made = now.model.Object(now.object).created_at;
  Race race{.variable = now.object};
  race.first = AccessOf(first, kind, now.object);
  race.second =
      AccessOf(now.seen, now.is_write ? AccessKind::kWrite : AccessKind::kRead, now.object);
  log_.Add(race, made != 0 ? made : std::uint64_t{now.object} << 32, now.model);
}

void RaceData::Read(Variable& variable, const Present& now) {
  if (variable.write.task != 0 && !now.Knows(variable.write)) {
    Report(variable.write, AccessKind::kWrite, now);
  }
  if (variable.reads != nullptr) {
    const auto same = std::ranges::find(*variable.reads, now.seen.slot, &Seen::slot);
    if (same != variable.reads->end()) {
      *same = now.seen;
    } else {
      variable.reads->push_back(now.seen);
    }
  } else if (variable.read.task == 0 || now.Knows(variable.read)) {
    variable.read = now.seen;
  } else {
    variable.reads = std::make_unique<std::vector<Seen>>(
        std::vector<Seen>{std::exchange(variable.read, Seen()), now.seen});
  }
}

void RaceData::Write(Variable& variable, const Present& now) {
  if (variable.write.task != 0 && !now.Knows(variable.write)) {
    Report(variable.write, AccessKind::kWrite, now);
  }
  if (variable.reads != nullptr) {
    for (const Seen& read : *variable.reads) {
      if (!now.Knows(read)) Report(read, AccessKind::kRead, now);
    }
    variable.reads.reset();
  } else if (variable.read.task != 0 && !now.Knows(variable.read)) {
    Report(variable.read, AccessKind::kRead, now);
  }
  // Whoever races with a forgotten read races with this write too.
  variable.read = Seen();
  variable.write = now.seen;
}

void RaceData::OnObject(const Event& event, const Model& model) {
  Variable* variable = event.subject != 0 ? variables_.At(event.subject) : nullptr;
  if (variable == nullptr || event.task == 0) return;
  any_variable_ = true;
  const bool is_write = event.type == EventType::kWrite;
  const TaskClock& clock = model.ClockOf(event.task);
  const auto same_epoch = [&](const Seen& seen) {
    return seen.task == event.task && seen.epoch == clock.epoch();
  };
  if (same_epoch(variable->write) || (!is_write && same_epoch(variable->read))) return;
  const Present now{.object = event.subject,
                    .is_write = is_write,
                    .seen = {.task = event.task,
                             .slot = clock.slot(),
                             .epoch = clock.epoch(),
                             .site = event.site,
                             .lockset = log_.Held(event.task, model),
                             .seq_low = static_cast<std::uint32_t>(event.seq),
                             .seq_high = static_cast<std::uint32_t>(event.seq >> 32)},
                    .clock = clock,
                    .model = model};
  is_write ? Write(*variable, now) : Read(*variable, now);
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
