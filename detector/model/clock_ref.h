// Shared vector clocks: what makes a release cost a counter instead of a copy.
//
// A task's clock is (shared vector of what it knows of others, its own epoch). A release hands
// out a Stamp, which shares the vector; the vector is copied only when its task
// learns something new while a stamp still refers to it. A task that acquires what it
// released itself, or knows already, does nothing. (Epochs: Flanagan and Freund,
// "FastTrack", PLDI 2009; the sharing is copy on write.)
//
// Locking   none: one thread analyses one trace.
// Cost      Release and a known Acquire are constant; an Acquire that learns is
//           linear in the slots.
#ifndef GORDIAN_DETECTOR_MODEL_CLOCK_REF_H_
#define GORDIAN_DETECTOR_MODEL_CLOCK_REF_H_

#include <cstdint>
#include <utility>

#include "detector/model/vector_clock.h"

namespace gordian::detector {

// A counted reference to a vector clock; empty means "knows nothing".
class ClockRef {
 public:
  ClockRef() = default;
  ClockRef(const ClockRef& other) : box_(other.box_) {
    if (box_ != nullptr) ++box_->references;
  }
  ClockRef(ClockRef&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  ClockRef& operator=(ClockRef other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~ClockRef() {
    if (box_ != nullptr && --box_->references == 0) delete box_;
  }

  const VectorClock& operator*() const { return box_ != nullptr ? box_->clock : kEmpty; }
  const VectorClock* operator->() const { return &**this; }
  bool empty() const { return box_ == nullptr; }
  bool SharesWith(const ClockRef& other) const { return box_ == other.box_; }

  // The clock for writing: a copy where others refer to it too.
  VectorClock& Mutable() {
    if (box_ == nullptr) {
      box_ = new Box;
    } else if (box_->references > 1) {
      Box* copy = new Box{1, box_->clock};
      --box_->references;
      box_ = copy;
    }
    return box_->clock;
  }

 private:
  struct Box {
    std::uint32_t references = 1;
    VectorClock clock;
  };
  inline static const VectorClock kEmpty;
  Box* box_ = nullptr;
};

// A moment of one task, or, with kNoSlot, the join of several.
struct Stamp {
  ClockRef known;
  ClockSlot slot = kNoSlot;
  std::uint32_t epoch = 0;

  bool Knows(ClockSlot other, std::uint32_t time) const {
    return other == slot ? time <= epoch : time <= known->Get(other);
  }
};

class TaskClock {
 public:
  ClockSlot slot() const { return now_.slot; }
  std::uint32_t epoch() const { return now_.epoch; }
  const VectorClock& known() const { return *now_.known; }
  const Stamp& now() const { return now_; }

  void Start(ClockSlot slot, std::uint32_t epoch) {
    now_.slot = slot;
    now_.epoch = epoch;
  }
  bool Knows(ClockSlot slot, std::uint32_t time) const { return now_.Knows(slot, time); }

  // The present, for others to acquire. What the task does next is later than it.
  void Tick() { ++now_.epoch; }

  void Acquire(const Stamp& stamp) {
    if (stamp.slot != kNoSlot && Knows(stamp.slot, stamp.epoch)) return;
    Learn(stamp);
  }

 private:
  void Learn(const Stamp& stamp) {
    if (stamp.known->AtMost(*now_.known)) {
      if (stamp.slot == kNoSlot) return;
    } else {
      now_.known.Mutable().Join(*stamp.known);
    }
    if (stamp.slot != kNoSlot) now_.known.Mutable().Raise(stamp.slot, stamp.epoch);
  }

  Stamp now_;
};

// What an object passes on from those who released it to those who acquire it.
class SyncClock {
 public:
  bool empty() const { return stamp_.slot == kNoSlot && stamp_.known.empty(); }

  // Only this release counts from now on (an unlock).
  void Assign(const TaskClock& task) {
    const Stamp& now = task.now();
    if (!stamp_.known.SharesWith(now.known)) stamp_.known = now.known;
    stamp_.slot = now.slot;
    stamp_.epoch = now.epoch;
  }

  // This release counts beside those before it (a Done, a read unlock).
  void Join(const Stamp& stamp) {
    const bool covers =
        empty() || (stamp_.slot == kNoSlot ? false : stamp.Knows(stamp_.slot, stamp_.epoch));
    if (covers) {
      stamp_ = stamp;
    } else if (stamp_.slot == kNoSlot || !stamp_.Knows(stamp.slot, stamp.epoch)) {
      Merge(stamp);
    }
  }

  void AcquiredBy(TaskClock& task) const {
    if (!empty()) task.Acquire(stamp_);
  }

  const Stamp& stamp() const { return stamp_; }
  void Clear() { *this = SyncClock(); }

 private:
  void Merge(const Stamp& stamp) {
    VectorClock& clock = stamp_.known.Mutable();
    if (stamp_.slot != kNoSlot) clock.Raise(std::exchange(stamp_.slot, kNoSlot), stamp_.epoch);
    clock.Join(*stamp.known);
    if (stamp.slot != kNoSlot) clock.Raise(stamp.slot, stamp.epoch);
  }

  Stamp stamp_;  // of no slot and without a clock: nobody has released
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_CLOCK_REF_H_
