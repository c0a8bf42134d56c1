// What an analysis is.
//
// An analysis sees every event of the trace once, in the total order, and asks the
// shared model about the state *just before* that event. At a cut it returns what
// it has found since the last cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_ANALYSIS_H_
#define GORDIAN_DETECTOR_ANALYSIS_ANALYSIS_H_

#include <bitset>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "detector/finding/finding.h"
#include "detector/model/model.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

using EventSet = std::bitset<trace::kEventTypes>;

inline EventSet Events(std::initializer_list<trace::EventType> types) {
  EventSet set;
  for (trace::EventType type : types) set.set(static_cast<std::size_t>(type));
  return set;
}

// Why the events stop here.
enum class CutKind : std::uint8_t {
  kTestEnd,     // a test is over (after its grace); `Cut::test` names it
  kProgramEnd,  // main returned, exit was called, or it ended itself
  kStandstill,  // nothing moves any more: is anything stuck for ever?
  kTruncated,   // the trace ends without an end: killed, crashed, damaged
};

struct Cut {
  CutKind kind = CutKind::kProgramEnd;
  std::string_view test;
  std::uint32_t test_id = 0;
  std::uint64_t now_ns = 0;  // the latest time in the trace
  // Tasks whose being stuck an earlier finding accounts for (a deadlock's members and
  // all who are blocked behind it): they are not also leaked, starved, or holding at exit.
  const absl::flat_hash_set<trace::TaskId>* explained = nullptr;
  // The same of tests that are over: the task that runs the tests has gone on since.
  const absl::flat_hash_set<std::pair<std::uint32_t, trace::TaskId>>* explained_in = nullptr;

  bool Explained(trace::TaskId task) const {
    return explained != nullptr && explained->contains(task);
  }
  bool ExplainedIn(std::uint32_t test_of, trace::TaskId task) const {
    return explained_in != nullptr && explained_in->contains({test_of, task});
  }
};

// Thresholds of semantics.md, all of which are options.
struct Limits {
  std::uint32_t overtaken = 64;              // starvation, N
  std::uint64_t starved_ns = 1'000'000'000;  // starvation, T
  std::uint32_t livelock_rounds = 100;       // livelock.retry
  std::uint32_t spin_rounds = 10'000;        // livelock.spin
  std::uint64_t long_hold_ns = 100'000'000;  // contention.long-hold
};

class Analysis {
 public:
  virtual ~Analysis() = default;

  virtual std::string_view name() const = 0;
  // The events that On() wants to see.
  virtual EventSet wants() const = 0;
  // `model` shows the state just before `event`.
  virtual void On(const trace::Event& event, const Model& model) = 0;
  // The model now shows the state after the last event. Findings that were
  // returned at an earlier cut are not returned again.
  virtual std::vector<Finding> AtCut(const Cut& cut, const Model& model) = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_ANALYSIS_H_
