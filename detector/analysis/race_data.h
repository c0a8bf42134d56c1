// race.data: two accesses to a variable, one of them a write, that nothing orders.
//
// Proves: a pair that happens-before does not order in this very trace. No false alarm
// as long as all synchronisation is recorded. Misses pairs that this run happened to order.
// Idea: per variable the last write and the last reads as (task, epoch); an access races
// with a remembered one iff the epoch is not in the task's clock. (Flanagan and Freund,
// "FastTrack: efficient and precise dynamic race detection", PLDI 2009.)
// Variables are objects (`Shared<T>`) or memory by address: race_memory.h.
// Reports one finding per place where variables are made and pair of lines.
//
// Cost: constant per access, but linear in the readers for the write that follows
// concurrent reads; 64 bytes per object.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_
#define GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_

#include <memory>
#include <string_view>
#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/analysis/race.h"
#include "detector/analysis/race_log.h"
#include "detector/analysis/race_memory.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

class RaceData final : public Analysis {
 public:
  // `names` may be asked at each cut.
  explicit RaceData(DataNames* names = nullptr) : names_(names), memory_(log_) {}

  std::string_view name() const override { return "race.data"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  // An access in as few bytes as tell of it where the variable and the kind are known.
  struct Seen {
    TaskId task = 0;  // 0: none yet
    ClockSlot slot = 0;
    std::uint32_t epoch = 0;
    SiteId site = 0;
    std::uint32_t lockset = 0;
    std::uint32_t seq_low = 0, seq_high = 0;
  };
  struct Variable {
    Seen write, read;
    std::unique_ptr<std::vector<Seen>> reads;  // concurrent ones, instead of `read`
  };
  static_assert(sizeof(Variable) == 64);
  // The access that is being looked at.
  struct Present {
    ObjectId object;
    bool is_write;
    Seen seen;
    const TaskClock& clock;
    const Model& model;

    bool Knows(const Seen& other) const { return clock.Knows(other.slot, other.epoch); }
  };

  void OnObject(const trace::Event& event, const Model& model);
  void Read(Variable& variable, const Present& now);
  void Write(Variable& variable, const Present& now);
  void Report(const Seen& first, AccessKind kind, const Present& now);
  static Access AccessOf(const Seen& seen, AccessKind kind, ObjectId object);

  DataNames* const names_;
  bool any_variable_ = false;
  RaceLog log_;
  PagedTable<Variable> variables_;
  RaceMemory memory_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RACE_DATA_H_
