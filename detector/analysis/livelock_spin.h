// livelock.spin: a task asks again and again for what cannot come.
//
// Reported when, at a cut, a task has made the same failing attempt Limits::spin_rounds times in a
// row (a try, a lost CAS, a load, a select that took its default) with nothing in between, and
// everybody who could let it succeed has ended or is blocked, at last on the spinner itself: the
// holder; else those who have used it; else, where nobody has, every other task of the program.
// Confirmed for tries and CAS; suspected where it polls with a load or a select's default: it may
// be doing other work. A success, another operation or gordian::Progress() ends the streak.
//
// Cost: constant per attempt, one look-up per other operation of a task that has spun; at a cut,
// linear in the tasks for each that spins.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_SPIN_H_
#define GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_SPIN_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class LivelockSpin final : public Analysis {
 public:
  explicit LivelockSpin(const Limits& limits = {}) : limits_(limits) {}
  std::string_view name() const override { return "livelock.spin"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Spin {
    std::vector<ObjectId> objects;  // one, or the channels of a select
    std::uint64_t times = 0;
    SiteId site = 0;
    bool polls = false;  // a load or a default
    std::uint64_t since_seq = 0;
    std::vector<ObjectId> cases;  // of the select that is being written
    std::uint32_t count = 0;      // of its cases
  };

  void Attempt(const trace::Event& event, Spin& spin, std::uint64_t times, bool polls);
  bool IsHopeless(TaskId spinner, const Spin& spin, const Model& model) const;
  Finding Describe(TaskId task, const Spin& spin, const Model& model) const;

  Limits limits_;
  absl::flat_hash_map<TaskId, Spin> spins_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_SPIN_H_
