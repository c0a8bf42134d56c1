// Plays a built trace through the model and one analysis, as the pipeline does.
#ifndef GORDIAN_TESTS_ANALYSIS_PLAY_H_
#define GORDIAN_TESTS_ANALYSIS_PLAY_H_

#include <vector>

#include "detector/analysis/analysis.h"
#include "detector/model/model.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::testing {

inline std::vector<detector::Finding> Play(const TraceBuilder& t, detector::Analysis& analysis,
                                           detector::Cut cut = {}) {
  detector::Model model;
  const detector::EventSet wants = analysis.wants();
  for (const trace::Event& event : t.events()) {
    if (wants.test(static_cast<std::size_t>(event.type))) analysis.On(event, model);
    model.Apply(event);
  }
  cut.now_ns = model.now();
  return analysis.AtCut(cut, model);
}

template <class A>
std::vector<detector::Finding> Play(const TraceBuilder& t,
                                    detector::CutKind kind = detector::CutKind::kProgramEnd) {
  A analysis;
  return Play(t, analysis, detector::Cut{.kind = kind});
}

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_ANALYSIS_PLAY_H_
