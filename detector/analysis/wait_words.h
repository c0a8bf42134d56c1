// What a wait that nobody serves is explained by: who had a hand in it, and how it could end.
//
// Stateless; reads the model at a cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_WAIT_WORDS_H_
#define GORDIAN_DETECTOR_ANALYSIS_WAIT_WORDS_H_

#include <span>
#include <string>
#include <vector>

#include "detector/model/model.h"

namespace gordian::detector {

// A task that used what is waited for, and has ended.
struct GoneUser {
  TaskId task = 0;
  ObjectId object = 0;
  SiteId site = 0;  // where it first used it
};

// The first few of them.
std::vector<GoneUser> GoneUsers(const Model& model, TaskId task);

// Tasks by name, those of one name together: "\"main\"", "3 tasks like \"worker\""; beyond the
// first few names, how many more there are.
std::vector<std::string> QuotedAlike(const Model& model, std::span<const TaskId> tasks);

// Tasks that ended without a call of Done on the WaitGroup, and would each have been counted:
// started by somebody who used it, after it was made. Empty where there are more of them than calls
// missing. Linear in tasks.
std::vector<TaskId> EndedWithoutDone(const Model& model, ObjectId group);

// What to change so that the wait of `task` ends.
std::string HowToEndWait(const Model& model, TaskId task);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_WAIT_WORDS_H_
