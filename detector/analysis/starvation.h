// starvation.lock, .semaphore, .pool and .channel: others are served again and again first.
//
// A wait starves when tasks that asked after it were served at least Limits::overtaken times
// before it, and it lasted Limits::starved_ns, or had not ended when the trace did (after a tenth
// of that: what stood in a queue when the program ended is healthy). Both conditions are needed: a
// barging mutex overtakes thousands of times within microseconds. Confirmed where the queue
// promises order (a writer-preferring RWMutex, a channel) or the wait never ended; else suspected.
// Tasks of a deadlock are left out.
//
// Cost: nothing while nobody waits; a grant that overtakes looks at the waiters before it, at
// most 64.
#ifndef GORDIAN_DETECTOR_ANALYSIS_STARVATION_H_
#define GORDIAN_DETECTOR_ANALYSIS_STARVATION_H_

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class Starvation final : public Analysis {
 public:
  explicit Starvation(const Limits& limits = {}) : limits_(limits) {}
  std::string_view name() const override { return "starvation.lock"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  // One task's present wait, once somebody has overtaken it.
  struct Overtaken {
    std::uint64_t wait_seq = 0;
    std::uint64_t times = 0;
    std::map<TaskId, std::uint64_t> by;
  };
  struct Starved {
    TaskId task = 0;
    ObjectId object = 0;
    TaskPart part;  // as it waited
    WaitKind kind = WaitKind::kNone;
    bool ended = false;
    Overtaken overtaken;
  };

  void Grant(const trace::Event& event, const Model& model);
  void Served(const trace::Event& event, const Model& model);
  void Add(Starved starved, std::vector<Finding>& findings, const Model& model) const;
  Finding Describe(const Starved& starved, const Model& model) const;

  Limits limits_;
  absl::flat_hash_map<TaskId, Overtaken> overtaken_;
  std::vector<Starved> starved_;
  absl::flat_hash_set<std::uint64_t> reported_;  // waits, by their place in the trace
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_STARVATION_H_
