// Sections within sections.
#ifndef GORDIAN_TESTS_ANALYSIS_NEST_H_
#define GORDIAN_TESTS_ANALYSIS_NEST_H_

#include <initializer_list>
#include <iterator>

#include "tests/analysis/trace_builder.h"

namespace gordian::testing {

// `task` takes the locks in order and releases them in the other.
inline void Nest(TaskTrace task, std::initializer_list<ObjectId> locks) {
  for (const ObjectId lock : locks) task.Lock(lock);
  for (auto lock = std::rbegin(locks); lock != std::rend(locks); ++lock) task.Unlock(*lock);
}

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_ANALYSIS_NEST_H_
