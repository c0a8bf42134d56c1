// Races on plain memory, by address: the half of race.data that sees bytes instead of objects.
//
// Idea: a shadow cell per run of bytes has the last plain write and, beside it, the accesses since
// that no other one stands for: reads and atomic accesses that are not ordered among each other.
// Each is (task, epoch) and races with what comes if the epoch is not in that task's clock.
// (Flanagan and Freund, "FastTrack", PLDI 2009.) Accesses of one task from one place between two of
// its releases share one record, of which cells have the number.
//
// A block that is allocated, and a stack that begins, are new variables. A free writes its block.
//
// Limits    of a range that strides, the first 2^22 elements count.
// Cost      per access what its shadow costs, linear in the unordered readers where there are
// several;
//           40 bytes per record, given back when no cell refers to it any more.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RACE_MEMORY_H_
#define GORDIAN_DETECTOR_ANALYSIS_RACE_MEMORY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "detector/analysis/byte_set.h"
#include "detector/analysis/race_log.h"
#include "detector/analysis/shadow_memory.h"
#include "detector/model/model.h"
#include "detector/model/paged_table.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class RaceMemory {
 public:
  explicit RaceMemory(RaceLog& log) : log_(log) {}
  RaceMemory(const RaceMemory&) = delete;
  RaceMemory& operator=(const RaceMemory&) = delete;

  // An access to memory or to an atomic that lies in it, a block's or a stack's event, `object-at`,
  // `may-race`.
  void On(const trace::Event& event, const Model& model);

 private:
  static constexpr std::uint32_t kSetBit = std::uint32_t{1}
                                           << 31;  // of Cell::others: a set's number
  static constexpr std::size_t kRecent = 256;

  struct Place {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
  };
  // The access that is being looked at; its record is made when a cell first needs it.
  struct Present {
    Access access;
    std::uint32_t record = 0;
    std::uint64_t address = 0, bytes = 0;  // of the element
    const TaskClock* clock = nullptr;
    const Model* model = nullptr;
    const trace::Event* load = nullptr;  // that acquires: it is after what its object passes on

    bool Knows(const Access& other) const;
    bool IsSame(const Access& other) const {
      return other.task == access.task && other.epoch == access.epoch;
    }
  };

  void OnRange(Present& now, std::uint64_t stride, std::uint64_t count);
  void OnAtomic(const trace::Event& event, Present& now);
  void OnFree(const trace::Event& event, Present& now);
  void BeginMemory(std::uint64_t address, std::uint64_t bytes);
  void Touch(Present& now, std::uint64_t address, std::uint64_t bytes);
  void Check(Cell& cell, std::uint64_t at, Present& now);
  void Write(Cell& cell, std::uint64_t at, Present& now);
  void ReadOrAtomic(Cell& cell, std::uint64_t at, Present& now);
  void AddTo(Cell& cell, Present& now);
  void Report(std::uint32_t first, std::uint64_t at, Present& now);
  std::uint32_t RecordOf(Present& now);
  // The accesses that `others` stands for.
  template <typename Visit>
  void ForOthers(std::uint32_t others, Visit&& visit) const;
  // Forgets the records that no cell refers to.
  void Collect();

  RaceLog& log_;
  ShadowMemory shadow_;
  ByteSet may_race_;
  PagedTable<Place> objects_;                     // where they lie
  std::vector<Access> records_{1};                // by number
  std::vector<std::vector<std::uint32_t>> sets_;  // of records; never changed
  std::array<std::uint32_t, kRecent> recent_{};   // records, by who and where
  std::size_t collect_at_ = std::size_t{1} << 16;
  // What the last addition to a cell's others led to: the next cell of a run will want the same.
  struct {
    std::uint32_t before = 0, record = 0, after = 0;
  } last_added_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RACE_MEMORY_H_
