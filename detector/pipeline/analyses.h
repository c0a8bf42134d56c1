// The explicit list of analyses.
#ifndef GORDIAN_DETECTOR_PIPELINE_ANALYSES_H_
#define GORDIAN_DETECTOR_PIPELINE_ANALYSES_H_

#include <memory>
#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/analysis/race.h"

namespace gordian::detector {

// One of each, in the order in which they are asked at a cut: what explains a stuck
// task (a deadlock) comes before what would otherwise report it (a leak). `names` has to outlive
// them.
std::vector<std::unique_ptr<Analysis>> MakeAnalyses(const Limits& limits, DataNames& names);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_PIPELINE_ANALYSES_H_
