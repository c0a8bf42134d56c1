// What the handles of one Timer or Ticker share.
//
// References: one for each handle, one while it is armed or its firing is on the way. A firing
// that was overtaken by Stop or Reset, after it left the heap and before it got the lock, is
// counted in `stale_` and does nothing: firings come in the order of their deadlines.
//
// Locking   `lock_` for everything but the counts; the heap's and the channel's locks are
//           taken inside it.
#ifndef GORDIAN_LIB_INTERNAL_TIMER_STATE_H_
#define GORDIAN_LIB_INTERNAL_TIMER_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/timers.h"

namespace gordian::internal {

class TimerState final : private TimerEntry {
 public:
  // One handle, not armed. A ticker has a period.
  TimerState(absl::Duration period, std::string_view name, const std::source_location& made_at);
  TimerState(absl::AnyInvocable<void()> callback, const std::source_location& made_at);

  void AddHandle() {
    handles_.fetch_add(1, std::memory_order_relaxed);
    Ref();
  }
  void DropHandle();

  // Both return whether it was going to fire, or had with nobody told yet.
  bool Stop(const std::source_location& where);
  bool Reset(absl::Duration duration, const std::source_location& where);

  void SetName(std::string_view name) { origin_.SetName(name); }

  const Chan<absl::Time>& channel() const { return channel_; }

 private:
  ~TimerState() { origin_.End(); }
  bool IsTicker() const { return kind_ == trace::ObjectKind::kTicker; }
  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  struct Release {
    void operator()(TimerState* state) const { state->Unref(); }
  };
  using Held = std::unique_ptr<TimerState, Release>;

  static void Fire(TimerEntry& entry);
  void FireOnce();
  // Under the lock.
  bool Disarm(const std::source_location& where);
  void Arm(absl::Duration duration, const std::source_location& where);
  void Rearm();
  // The timer in the trace; it says there which channel it sends on.
  recorder::Tracked& In(recorder::ThreadLog& log) {
    return origin_.In(log, kind_, channel_ == nullptr ? 0 : channel_.core()->IdIn(log));
  }
  void RecordSet(absl::Duration duration, const std::source_location& where);

  SpinLock lock_;
  bool armed_ = false;   // in the heap, or on its way to firing
  bool silent_ = false;  // a ticker without handles has left the trace
  std::uint32_t stale_ = 0;
  std::int64_t period_ns_ = 0;
  const trace::ObjectKind kind_;
  const Chan<absl::Time> channel_;  // nil with a callback
  absl::AnyInvocable<void()> callback_;
  const std::source_location made_at_;
  Origin origin_;
  std::atomic<std::uint32_t> handles_{1};
  std::atomic<std::uint32_t> refs_{1};
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_TIMER_STATE_H_
