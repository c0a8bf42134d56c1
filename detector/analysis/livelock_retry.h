// livelock.retry: tasks that all move and get nowhere, each undoing what another needs.
//
// A *round* of a task ends with a failed attempt: a try, a CAS, a timed wait that timed out.
// Rounds are alike when the task did the same operations to the same objects since its last
// failure; how often does not matter, since identical failures may be told as one, late. A failure
// blames whoever holds (or last changed) the object. Reported when a task and those it blames, in a
// cycle of at least two, have each done Limits::livelock_rounds rounds alike in a row. A round that
// differs, a success on the object that failed before, or gordian::Progress() ends a task's streak:
// then it was livelock that ended by itself. Confirmed where the streaks last to the end, else
// suspected. Loads, sleeps' lengths and waits in between do not tell rounds apart.
//
// Cost: one look-up per operation of a task; a few words per task that ever failed.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_RETRY_H_
#define GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_RETRY_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class LivelockRetry final : public Analysis {
 public:
  explicit LivelockRetry(const Limits& limits = {}) : limits_(limits) {}
  std::string_view name() const override { return "livelock.retry"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Streak {
    std::uint64_t rounds = 0;
    std::uint64_t shape = 0;             // of a round, once there was one
    std::vector<std::uint64_t> current;  // operations of the round so far, each once
    ObjectId failed = 0;                 // on what each round fails
    SiteId site = 0;
    TaskId blames = 0;
    std::uint64_t since_seq = 0, since_time = 0;
  };
  struct Group {
    std::vector<TaskId> tasks;
    std::vector<Streak> streaks;  // as they were when last looked at
    bool open = true;             // all streaks go on
  };

  void Fail(const trace::Event& event, ObjectId object, const Model& model);
  void Do(const trace::Event& event, Streak& streak);
  void Break(TaskId task, Streak& streak);
  void FindCycle(TaskId task);
  Finding Describe(const Group& group, const Model& model) const;

  Limits limits_;
  absl::flat_hash_map<TaskId, Streak> streaks_;       // of tasks that have failed
  absl::flat_hash_map<ObjectId, TaskId> changed_by_;  // atomics
  std::vector<Group> groups_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LIVELOCK_RETRY_H_
