// Tasks in order of joining: who waits for an object, who holds it.
//
// Whoever joined first most often leaves first: that is constant, whatever the length. Others are
// looked for from the front.
//
// Locking   none.  Cost: four bytes per task, and as much again for those that have left.
#ifndef GORDIAN_DETECTOR_MODEL_TASK_QUEUE_H_
#define GORDIAN_DETECTOR_MODEL_TASK_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "instrument/trace/ids.h"

namespace gordian::detector {

class TaskQueue {
 public:
  using value_type = trace::TaskId;
  using const_iterator = const trace::TaskId*;

  const_iterator begin() const { return tasks_.data() + front_; }
  const_iterator end() const { return tasks_.data() + tasks_.size(); }
  std::size_t size() const { return tasks_.size() - static_cast<std::size_t>(front_); }
  bool empty() const { return size() == 0; }
  trace::TaskId front() const { return *begin(); }

  void Join(trace::TaskId task) { tasks_.push_back(task); }

  // Nothing, where it is not there.
  void Leave(trace::TaskId task) {
    const auto found = std::find(begin(), end(), task);
    if (found == end()) return;
    if (size() == 1) return Clear();
    if (found != begin()) {
      tasks_.erase(tasks_.begin() + (found - tasks_.data()));
    } else if (++front_ > static_cast<std::ptrdiff_t>(tasks_.size() / 2)) {
      tasks_.erase(tasks_.begin(), tasks_.begin() + front_);
      front_ = 0;
    }
  }

  void Clear() {
    tasks_.clear();
    front_ = 0;
  }

 private:
  absl::InlinedVector<trace::TaskId, 4> tasks_;
  std::ptrdiff_t front_ = 0;  // those before it have left
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_TASK_QUEUE_H_
