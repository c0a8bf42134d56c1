// When to look, in a program that runs on, for tasks that are deadlocked.
//
// The first look comes soon; while there is nothing to see they come less and less often, and
// never take more than a small part of the time. What a look saw the next one has to confirm: that
// one comes soon again. A program that records nothing new is not looked at again.
//
// Locking   none: its owner's.
#ifndef GORDIAN_TOOLS_RUN_LOOK_SCHEDULE_H_
#define GORDIAN_TOOLS_RUN_LOOK_SCHEDULE_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gordian::tools {

class LookSchedule {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LookSchedule(Clock::time_point start = Clock::now()) : next_(start + kSoon) {}

  // `activity` is a number that changes whenever something is recorded.
  bool IsDue(Clock::time_point now, std::uint64_t activity) const {
    return !asked_ && now >= next_ && (pending_ || activity != looked_at_);
  }
  void Ask(std::uint64_t activity) {
    asked_ = true;
    looked_at_ = activity;
  }
  bool asked() const { return asked_; }

  void Looked(Clock::time_point now, Clock::duration cost, bool pending) {
    asked_ = false;
    pending_ = pending;
    pause_ = pending ? kSoon : std::min(pause_ * 3 / 2, kSeldom);
    next_ = now + std::max(pause_, cost * kShare);
  }

 private:
  static constexpr Clock::duration kSoon = std::chrono::milliseconds(250);
  static constexpr Clock::duration kSeldom = std::chrono::seconds(2);
  static constexpr int kShare = 50;  // one part in so many of the time

  Clock::time_point next_;
  Clock::duration pause_ = kSoon;
  std::uint64_t looked_at_ = 0;
  bool asked_ = false;
  bool pending_ = false;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_LOOK_SCHEDULE_H_
