// leak.context and leak.timer: a cancel function never called, a ticker never stopped.
//
// Proves: the context's last user has gone (or its test or the program has ended) and it was
// never cancelled; the same of a ticker that was started and never stopped. A pending
// one-shot timer is no leak. A program that ended itself with a report is not judged.
// Grouped by where they were made. Whoever waits for nothing but the Done channel of such a context
// is part of the finding.
//
// Cost: one table entry per context and ticker that is alive.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LEAK_RESOURCE_H_
#define GORDIAN_DETECTOR_ANALYSIS_LEAK_RESOURCE_H_

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "detector/analysis/analysis.h"

namespace gordian::detector {

class LeakResource final : public Analysis {
 public:
  std::string_view name() const override { return "leak.context"; }
  EventSet wants() const override;
  void On(const trace::Event& event, const Model& model) override;
  std::vector<Finding> AtCut(const Cut& cut, const Model& model) override;

 private:
  std::vector<ObjectId> Leaked(const Cut& cut, const Model& model);

  std::map<ObjectId, bool> open_;  // contexts and started tickers → their last user has gone
  std::optional<trace::ProcessEndReason> ended_;  // as its end was recorded
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LEAK_RESOURCE_H_
