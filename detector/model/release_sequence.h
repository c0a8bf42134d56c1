// What the values of one atomic variable pass on to those who load them.
//
// A store begins anew: its value passes on what the store releases, or nothing. Read-modify-writes
// go on with what their predecessors passed on, and add to it (C++20, release sequences; a store of
// the same thread no longer goes on with its own). A load says by a version which value it has got;
// the order in which a trace is read may put it behind later stores.
//
// Locking   none.
// Cost      constant. Up to eight earlier sequences are kept, where later ones do not stand for
// them;
//           of older ones only that they all passed on: that errs towards "ordered".
#ifndef GORDIAN_DETECTOR_MODEL_RELEASE_SEQUENCE_H_
#define GORDIAN_DETECTOR_MODEL_RELEASE_SEQUENCE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "detector/model/clock_ref.h"
#include "instrument/trace/ids.h"

namespace gordian::detector {

class ReleaseSequence {
 public:
  // `released` may be nullptr: nothing.
  void Store(trace::Version version, const Stamp* released) {
    if (released == nullptr || !StandsForLast(*released)) {
      Keep(version);
      last_.from = version;
    }
    last_.clock.Clear();
    if (released != nullptr) last_.clock.Join(*released);
  }
  void ReadModifyWrite(const Stamp* released) {
    if (released != nullptr) last_.clock.Join(*released);
  }

  // Of the value with this version.
  const SyncClock& At(trace::Version version) const {
    static const SyncClock kNothing;
    if (version >= last_.from) return last_.clock;
    for (std::size_t i = past_.size(); i != 0; --i) {
      if (version >= past_[i - 1].from)
        return version < past_[i - 1].to ? past_[i - 1].clock : kNothing;
    }
    return kNothing;
  }

 private:
  static constexpr std::size_t kMost = 8;

  // Of the versions from `from` to before `to`.
  struct Sequence {
    trace::Version from = 0, to = 0;
    SyncClock clock;
  };

  bool StandsForLast(const Stamp& stamp) const {
    const Stamp& last = last_.clock.stamp();
    return !last_.clock.empty() && last.slot != kNoSlot && stamp.Knows(last.slot, last.epoch);
  }

  void Keep(trace::Version to) {
    if (last_.clock.empty()) return;
    last_.to = to;
    past_.push_back(last_);
    if (past_.size() <= kMost) return;
    past_[1].from = past_[0].from;
    past_[1].clock.Join(past_[0].clock.stamp());
    past_.erase(past_.begin());
  }

  std::vector<Sequence> past_;  // ascending
  Sequence last_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_RELEASE_SEQUENCE_H_
