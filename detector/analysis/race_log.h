// The races found so far, and what has to be remembered of tasks to tell of them.
//
// One bug is one race: those of one kind of variable and one pair of lines are counted, not listed.
//
// Cost      a release is one store, an access what its lockset costs, a race two look-ups.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RACE_LOG_H_
#define GORDIAN_DETECTOR_ANALYSIS_RACE_LOG_H_

#include <array>
#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/lockset_table.h"
#include "detector/analysis/race.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

class RaceLog {
 public:
  std::uint32_t Held(TaskId task, const Model& model) { return locksets_.Held(task, model); }

  // A definition of a site: lines tell which accesses are the same place.
  void TakeSite(const trace::Event& event);

  // A release by the event's task, at its present epoch.
  void Remember(const trace::Event& event, const Model& model);

  // `found` says what raced; who held and knew what is added. `place` is alike for variables
  // that are made alike.
  void Add(const Race& found, std::uint64_t place, const Model& model);
  std::uint64_t LineOf(SiteId site) const;

  // Those that no earlier call has given.
  std::vector<Finding> Fresh(const Model& model, DataNames* names);

 private:
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;
  struct Releases {
    std::uint32_t count = 0;
    std::array<Release, 16> last;
  };

  LocksetTable locksets_;
  // By clock slot: where a task took over from one that has ended, its epochs go on from there.
  PagedTable<Releases> releases_;
  absl::flat_hash_map<SiteId, std::uint64_t> lines_;
  absl::flat_hash_map<Key, std::size_t> known_;  // → index in `races_`
  std::vector<Race> races_;
  std::size_t given_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RACE_LOG_H_
