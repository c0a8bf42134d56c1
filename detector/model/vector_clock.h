// A vector clock: how much of each task's past is known.
//
// Components are indexed by *slot*, not by task: a task that begins when another one
// has ended, and knows it, takes over its slot (see happens_before.h), so that a clock is
// as long as there were tasks at a time, not as there were tasks.
// Cost: four bytes per slot; Join is linear, Get constant.
#ifndef GORDIAN_DETECTOR_MODEL_VECTOR_CLOCK_H_
#define GORDIAN_DETECTOR_MODEL_VECTOR_CLOCK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"

namespace gordian::detector {

using ClockSlot = std::uint32_t;
inline constexpr ClockSlot kNoSlot = ~ClockSlot{0};

class VectorClock {
 public:
  std::uint32_t Get(ClockSlot slot) const { return slot < times_.size() ? times_[slot] : 0; }

  // Raises one component to at least `time`.
  void Raise(ClockSlot slot, std::uint32_t time) {
    if (slot >= times_.size()) times_.resize(slot + 1);
    times_[slot] = std::max(times_[slot], time);
  }

  // The componentwise maximum.
  void Join(const VectorClock& other) {
    if (other.times_.size() > times_.size()) times_.resize(other.times_.size());
    for (std::size_t i = 0; i < other.times_.size(); ++i) {
      times_[i] = std::max(times_[i], other.times_[i]);
    }
  }

  bool AtMost(const VectorClock& other) const {
    for (std::size_t i = 0; i < times_.size(); ++i) {
      if (times_[i] > other.Get(static_cast<ClockSlot>(i))) return false;
    }
    return true;
  }

  std::size_t size() const { return times_.size(); }

 private:
  absl::InlinedVector<std::uint32_t, 14> times_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_VECTOR_CLOCK_H_
