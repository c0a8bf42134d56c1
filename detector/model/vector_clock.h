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
    const std::size_t n = other.times_.size();
    if (n > times_.size()) times_.resize(n);
    std::uint32_t* const mine = times_.data();
    const std::uint32_t* const theirs = other.times_.data();
    for (std::size_t i = 0; i < n; ++i) mine[i] = std::max(mine[i], theirs[i]);
  }

  // Without a way out of the loops: they are short, and so they are done many slots at a time.
  bool AtMost(const VectorClock& other) const {
    const std::size_t n = times_.size(), common = std::min(n, other.times_.size());
    const std::uint32_t* const mine = times_.data();
    const std::uint32_t* const theirs = other.times_.data();
    bool later = false;
    for (std::size_t i = 0; i < common; ++i) later |= mine[i] > theirs[i];
    for (std::size_t i = common; i < n; ++i) later |= mine[i] != 0;
    return !later;
  }

  std::size_t size() const { return times_.size(); }

 private:
  // As many as most programs have at a time: a clock is then one piece of memory.
  absl::InlinedVector<std::uint32_t, 22> times_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_VECTOR_CLOCK_H_
