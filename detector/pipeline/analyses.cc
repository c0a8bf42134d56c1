#include "detector/pipeline/analyses.h"

namespace gordian::detector {

std::vector<std::unique_ptr<Analysis>> MakeAnalyses(const Limits&) {
  std::vector<std::unique_ptr<Analysis>> analyses;
  return analyses;
}

}  // namespace gordian::detector
