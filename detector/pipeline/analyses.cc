#include "detector/pipeline/analyses.h"

#include "detector/analysis/deadlock.h"
#include "detector/analysis/lock_order.h"

namespace gordian::detector {

std::vector<std::unique_ptr<Analysis>> MakeAnalyses(const Limits&) {
  std::vector<std::unique_ptr<Analysis>> analyses;
  analyses.push_back(std::make_unique<Deadlock>());
  analyses.push_back(std::make_unique<LockOrder>());
  return analyses;
}

}  // namespace gordian::detector
