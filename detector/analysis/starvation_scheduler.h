// starvation.scheduler: a goroutine could run, and was not run for a second.
//
// Proves: between its `ready` and its next `run` (or the end) passed Limits::starved_ns, and other
// goroutines ran in that time. Names them, longest first. Threads are not judged: their
// scheduler is the system's.
//
// Cost: one ring entry per stretch of a goroutine.
#ifndef GORDIAN_DETECTOR_ANALYSIS_STARVATION_SCHEDULER_H_
#define GORDIAN_DETECTOR_ANALYSIS_STARVATION_SCHEDULER_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class StarvationScheduler final : public Analysis {
 public:
  explicit StarvationScheduler(const Limits& limits = {}) : limits_(limits) {}
  std::string_view name() const override { return "starvation.scheduler"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Stretch {
    TaskId task = 0;
    std::uint64_t from = 0, to = 0;  // to: 0 while it runs
  };

  void Judge(TaskId task, std::uint64_t now, bool at_last, const Model& model);
  void Stop(trace::StreamId stream, std::uint64_t now);

  Limits limits_;
  std::array<Stretch, 256> stretches_;
  std::size_t next_ = 0;
  absl::flat_hash_map<trace::StreamId, std::size_t> current_;  // → in `stretches_`
  absl::flat_hash_set<SiteId> known_;
  std::vector<Finding> findings_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_STARVATION_SCHEDULER_H_
