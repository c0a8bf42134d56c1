// misuse.held-at-exit and misuse.lock-destroyed: a lock outlives its holder, or is outlived by it.
//
// Proves: the task ended with the lock held and nobody has unlocked it since, or so did the test
// whose body it ran, in which it had locked it; or the lock
// was destroyed while somebody held it or waited for it. Judged at a cut, since a
// lock that another task unlocks later is a signal and no lock.
// Whoever is blocked for ever behind a lock that an ended task keeps is part of that finding.
// Not judged: a task that panicked, main's exit, what is destroyed after main has ended.
//
// Cost: nothing per lock event; one look at each task's end and each lock's destruction.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCK_LIFETIME_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCK_LIFETIME_H_

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class LockLifetime final : public Analysis {
 public:
  std::string_view name() const override { return "misuse.held-at-exit"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  struct Exit {
    TaskId task = 0;
    Hold hold;
    std::uint32_t test = 0;  // that ended; 0: the task did
  };
  // As it was when the lock went.
  struct Destroyed {
    ObjectId lock = 0;
    TaskId by = 0;
    SiteId site = 0;
    std::uint64_t seq = 0;
    std::uint32_t test = 0;
    std::vector<TaskPart> users;
  };

  void EndTest(const trace::Event& event, const Model& model);
  void Destroy(const trace::Event& event, const Model& model);
  Finding Describe(const Exit& exit, const Model& model) const;
  Finding Describe(const Destroyed& destroyed, const Model& model) const;

  std::uint64_t test_begin_seq_ = 0;
  std::vector<Exit> exits_;
  std::vector<Destroyed> destroyed_;
  absl::flat_hash_set<ObjectId> kept_;  // by tasks or tests that ended, as reported
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCK_LIFETIME_H_
