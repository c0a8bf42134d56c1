#include "detector/analysis/race_log.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

// `n.Write(n.Read() + 1)` has two sites and one bug; so have two ways to one instruction.
void RaceLog::TakeSite(const Event& event) {
  const bool is_stack = event.type == EventType::kSiteStack;
  const std::string_view where = is_stack ? event.text.substr(0, sizeof(std::uint64_t))
                                          : event.text.substr(0, event.text.find('\n'));
  const std::uint64_t hash = std::hash<std::string_view>()(where) * 0x9E3779B97F4A7C15u;
  // Never equal to a plain site id.
  lines_[event.subject] = (is_stack ? hash : hash ^ event.args[0]) | (std::uint64_t{1} << 63);
}

std::uint64_t RaceLog::LineOf(SiteId site) const {
  const auto found = lines_.find(site);
  return found != lines_.end() ? found->second : site;
}

void RaceLog::Remember(const Event& event, const Model& model) {
  const TaskClock& clock = model.ClockOf(event.task);
  Releases* releases = releases_.At(clock.slot());
  if (releases == nullptr) return;
  releases->last[releases->count++ % releases->last.size()] = {clock.epoch(), event.type,
                                                               event.subject, event.site};
}

void RaceLog::Add(const Race& found, std::uint64_t place, const Model& model) {
  const std::uint64_t one = LineOf(found.first.site), other = LineOf(found.second.site);
  const auto [at, is_new] =
      known_.try_emplace(Key{place, std::min(one, other), std::max(one, other)}, races_.size());
  if (!is_new) {
    ++races_[at->second].count;
    return;
  }
  Race race = found;
  if (race.variable == 0) {
    if (const MemoryBlock* block = model.BlockAt(race.address)) race.block = *block;
  }
  race.first_held = locksets_.Locks(race.first.lockset);
  race.second_held = locksets_.Locks(race.second.lockset);
  const std::uint32_t known = model.ClockOf(race.second.task).known().Get(race.first.slot);
  race.knows_nothing = known == 0;
  if (const Releases* releases = releases_.Find(race.first.slot)) {
    for (const Release& release : releases->last) {
      if (release.epoch == known && known != 0) race.last_known = release;
    }
  }
  races_.push_back(std::move(race));
}

std::vector<Finding> RaceLog::Fresh(const Model& model, DataNames* names) {
  std::vector<Finding> findings;
  for (; given_ < races_.size(); ++given_) {
    findings.push_back(DescribeRace(races_[given_], model, names));
  }
  return findings;
}

}  // namespace gordian::detector
