#include "detector/analysis/race_data.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

EventSet RaceData::wants() const {
  return Events({EventType::kRead, EventType::kWrite, EventType::kSite, EventType::kObjectBegin,
                 EventType::kUnlock, EventType::kRUnlock, EventType::kWaitGroupAdd,
                 EventType::kChanSend, EventType::kChanClose, EventType::kTaskSpawn,
                 EventType::kOnceEnd, EventType::kSemRelease, EventType::kHbRelease,
                 EventType::kCancel, EventType::kCondSignal, EventType::kCondBroadcast,
                 EventType::kAtomicStore, EventType::kAtomicRmw});
}

// The line, where it is known: `n.Write(n.Read() + 1)` has two sites and one bug.
std::uint64_t RaceData::LineOf(SiteId site) const {
  const auto found = lines_.find(site);
  return found != lines_.end() ? found->second : site;
}

std::uint32_t RaceData::Lockset(TaskId task, const Model& model) {
  const std::vector<Hold>& held = model.Task(task).held;
  if (held.empty()) return 0;
  std::uint64_t key = held.size();
  for (const Hold& hold : held) key = key * 0x9E3779B97F4A7C15u + hold.seq;
  TaskState* state = tasks_.At(task);
  if (state == nullptr) return 0;
  if (state->held_key == key) return state->lockset;

  std::vector<HeldLock> locks;
  std::uint64_t hash = 0;
  for (const Hold& hold : held) {
    locks.push_back({hold.object, hold.shared, hold.site});
    hash = (hash ^ hold.object ^ (std::uint64_t{hold.site} << 32)) * 0x9E3779B97F4A7C15u;
  }
  const auto same = [](const HeldLock& a, const HeldLock& b) {
    return std::tie(a.object, a.shared, a.site) == std::tie(b.object, b.shared, b.site);
  };
  state->held_key = key;
  for (std::uint32_t id : lockset_ids_[hash]) {
    if (std::ranges::equal(locksets_[id], locks, same)) return state->lockset = id;
  }
  state->lockset = static_cast<std::uint32_t>(locksets_.size());
  lockset_ids_[hash].push_back(state->lockset);
  locksets_.push_back(std::move(locks));
  return state->lockset;
}

void RaceData::Remember(const Event& event, const Model& model) {
  if (!any_variable_) return;
  TaskState* state = tasks_.At(event.task);
  if (state == nullptr) return;
  state->last_releases[state->releases++ % state->last_releases.size()] = {
      model.Epoch(event.task), event.type, event.subject, event.site};
}

void RaceData::Report(ObjectId variable, const Access& first, const Access& second,
                      const Model& model) {
  const SiteId made = model.Object(variable).created_at;
  const std::uint64_t one = LineOf(first.site), other = LineOf(second.site);
  const std::uint64_t place = made != 0 ? made : std::uint64_t{variable} << 32;
  const auto [found, is_new] =
      known_.try_emplace(Key{place, std::min(one, other), std::max(one, other)}, races_.size());
  if (!is_new) {
    ++races_[found->second].count;
    return;
  }
  Race race{.variable = variable, .first = first, .second = second};
  race.first_held = locksets_[first.lockset];
  race.second_held = locksets_[second.lockset];
  const std::uint32_t known = model.ClockOf(second.task).known().Get(first.slot);
  race.knows_nothing = known == 0;
  if (const TaskState* state = tasks_.Find(first.task)) {
    for (const Release& release : state->last_releases) {
      if (release.epoch == known && known != 0) race.last_known = release;
    }
  }
  races_.push_back(std::move(race));
}

void RaceData::Read(Variable& variable, const Access& access, const TaskClock& clock,
                    const Model& model, ObjectId id) {
  const auto ordered = [&](const Access& a) { return clock.Knows(a.slot, a.epoch); };
  if (variable.write.task != 0 && !ordered(variable.write)) {
    Report(id, variable.write, access, model);
  }
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
                     const Model& model, ObjectId id) {
  const auto ordered = [&](const Access& a) { return clock.Knows(a.slot, a.epoch); };
  if (variable.write.task != 0 && !ordered(variable.write)) {
    Report(id, variable.write, access, model);
  }
  if (variable.reads != nullptr) {
    for (const Access& read : *variable.reads) {
      if (!ordered(read)) Report(id, read, access, model);
    }
    variable.reads.reset();
  } else if (variable.read.task != 0 && !ordered(variable.read)) {
    Report(id, variable.read, access, model);
  }
  // Whoever races with a forgotten read races with this write too.
  variable.read = Access();
  variable.write = access;
}

void RaceData::On(const Event& event, const Model& model) {
  if (event.type == EventType::kSite) {
    const std::string_view file = event.text.substr(0, event.text.find('\n'));
    const std::uint64_t hash = std::hash<std::string_view>()(file) * 0x9E3779B97F4A7C15u;
    // Never equal to a plain site id.
    lines_[event.subject] = (hash ^ event.args[0]) | (std::uint64_t{1} << 63);
    return;
  }
  if (event.type == EventType::kObjectBegin) {
    any_variable_ |= event.args[0] == static_cast<std::uint64_t>(trace::ObjectKind::kVariable);
    return;
  }
  const bool is_write = event.type == EventType::kWrite;
  if (!is_write && event.type != EventType::kRead) return Remember(event, model);

  Variable* variable = event.subject != 0 ? variables_.At(event.subject) : nullptr;
  if (variable == nullptr || event.task == 0) return;
  any_variable_ = true;
  const TaskClock& clock = model.ClockOf(event.task);
  const auto same_epoch = [&](const Access& a) {
    return a.task == event.task && a.epoch == clock.epoch();
  };
  if (same_epoch(variable->write) || (!is_write && same_epoch(variable->read))) return;
  const Access access{event.seq,     event.task, clock.slot(),
                      clock.epoch(), event.site, Lockset(event.task, model),
                      is_write};
  if (is_write) {
    Write(*variable, access, clock, model, event.subject);
  } else {
    Read(*variable, access, clock, model, event.subject);
  }
}

std::vector<Finding> RaceData::AtCut(const Cut&, const Model& model) {
  std::vector<Finding> findings;
  for (; reported_ < races_.size(); ++reported_) {
    findings.push_back(DescribeRace(races_[reported_], model));
  }
  return findings;
}

}  // namespace gordian::detector
