// race.data: two accesses to a variable, one of them a write, that nothing orders.
//
// Proves: a pair that happens-before does not order in this very trace. No false alarm
// as long as all synchronisation is recorded. Misses pairs that this run happened to order.
// Idea: per variable the last write and the last reads as (task, epoch); an access races
// with a remembered one iff the epoch is not in the task's clock. (Flanagan and Freund,
// "FastTrack: efficient and precise dynamic race detection", PLDI 2009.)
// Reports one finding per place where variables are made and pair of lines.
//
// Cost: constant per access, but linear in the readers for the write that follows
// concurrent reads; 72 bytes per variable.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_
#define GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

// One access, as far as a report needs it later.
struct Access {
  std::uint64_t seq = 0;
  TaskId task = 0;  // 0: none yet
  ClockSlot slot = 0;
  std::uint32_t epoch = 0;
  SiteId site = 0;
  std::uint32_t lockset = 0;
  bool is_write = false;
};

// The last moment of one task that another one knows of.
struct Release {
  std::uint32_t epoch = 0;
  trace::EventType type = trace::EventType::kNone;
  std::uint32_t subject = 0;
  SiteId site = 0;
};

struct Race {
  ObjectId variable = 0;
  Access first, second;
  std::vector<HeldLock> first_held, second_held;
  Release last_known;  // of the first task by the second; kNone: not remembered
  bool knows_nothing = false;
  std::uint32_t count = 1;
};

Finding DescribeRace(const Race& race, const Model& model);

class RaceData final : public Analysis {
 public:
  std::string_view name() const override { return "race.data"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Variable {
    Access write, read;
    std::unique_ptr<std::vector<Access>> reads;  // concurrent ones, instead of `read`
  };
  struct TaskState {
    std::uint64_t held_key = 0;  // what `lockset` was interned for
    std::uint32_t lockset = 0;
    std::uint32_t releases = 0;
    std::array<Release, 16> last_releases;
  };
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

  void Read(Variable& variable, const Access& access, const TaskClock& clock, const Model& model,
            ObjectId id);
  void Write(Variable& variable, const Access& access, const TaskClock& clock, const Model& model,
             ObjectId id);
  void Report(ObjectId variable, const Access& first, const Access& second, const Model& model);
  void Remember(const trace::Event& event, const Model& model);
  std::uint32_t Lockset(TaskId task, const Model& model);
  std::uint64_t LineOf(SiteId site) const;

  PagedTable<Variable> variables_;
  PagedTable<TaskState> tasks_;
  bool any_variable_ = false;
  std::vector<std::vector<HeldLock>> locksets_{1};  // by id; 0 is the empty one
  absl::flat_hash_map<std::uint64_t, std::vector<std::uint32_t>> lockset_ids_;  // by hash
  absl::flat_hash_map<SiteId, std::uint64_t> lines_;
  absl::flat_hash_map<Key, std::size_t> known_;  // → index in `races_`
  std::vector<Race> races_;
  std::size_t reported_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_
