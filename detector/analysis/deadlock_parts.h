// Puts the parts of a deadlock's finding together: tasks, evidence, picture, identity.
//
// Stateless but for what is in the finding already; reads the model at a cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_PARTS_H_
#define GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_PARTS_H_

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "detector/analysis/deadlock_graph.h"
#include "detector/analysis/wait_for.h"
#include "detector/finding/finding.h"

namespace gordian::detector {

class Assembler {
 public:
  Assembler(const Stuck& stuck, Finding* finding) : model_(stuck.model()), finding_(*finding) {}

  void AddCore(const DeadlockCore& core);
  void AddPicture(const DeadlockCore& core);

  // Its part in the report; alike tasks behind a deadlock are counted, not repeated.
  void AddTask(TaskId task, std::string what, bool folds = true);

  // Those who had a hand in what `task` waits for, and have ended: with the lock, or without doing
  // what it waits for.
  void AddGone(TaskId task);

  // What a task once did, beside what it does now.
  void AddDeed(TaskId task, SiteId at, std::string what);

  // How many wait alike is no part of what a finding is.
  void AddIdentity(TaskId task);

 private:
  void AddEvidence(const Link& link);
  void AddObject(ObjectId object);

  const Model& model_;
  Finding& finding_;
  absl::flat_hash_set<TaskId> tasks_;
  absl::flat_hash_set<ObjectId> objects_;
  absl::flat_hash_set<Wanted> asked_for_;
  absl::flat_hash_set<std::pair<std::string, SiteId>> identified_;
};

// Evidence as it happened; what makes the identity in a canonical order.
void SortParts(Finding& finding);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_PARTS_H_
