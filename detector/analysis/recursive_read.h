// Recursive reads that a writer can come between.
//
// A writer-preferring lock lets no new reader in while a writer waits. So a task that read-locks
// what it holds for reading already waits for ever if another task asks to write in between:
// the writer waits for the first read lock, the second one for the writer. The pattern is
// (second read request, write request); it is predicted as lock cycles are, by the closure
// of what comes before the two. The argument stays sound with read modes here: all that must
// hold in the reordering is the first read lock, and it does.
//
// Limits    where spawn and join always keep the two apart there is nothing to report.
// Cost      per recursive read: one prediction for each task that writes the lock, up to a limit.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RECURSIVE_READ_H_
#define GORDIAN_DETECTOR_ANALYSIS_RECURSIVE_READ_H_

#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"
#include "detector/analysis/lock_graph.h"
#include "detector/analysis/lock_pattern.h"
#include "detector/analysis/lock_trace.h"

namespace gordian::detector {

struct RecursiveRead {
  TaskId reader = 0, writer = 0;
  ObjectId lock = 0;
  Acquire first;  // the read lock it holds
  AbstractAcquire::Instance second, write;
  Obstacle obstacle = Obstacle::kNone;
};

class RecursiveReads {
 public:
  // What is new since the last call.
  std::vector<RecursiveRead> Find(const LockTrace& trace, const LockGraph& graph,
                                  Predictor& predictor, const Model& model);

 private:
  absl::flat_hash_set<std::uint32_t> done_;  // abstract acquisitions
};

// The words.
Finding DescribeRecursiveRead(const RecursiveRead& read, const Cut& cut, const Model& model);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RECURSIVE_READ_H_
