#include "gordian/time.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "gordian/internal/call_site.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/timer_state.h"
#include "gordian/panic.h"
#include "instrument/schedule/point.h"

namespace gordian {
namespace internal {

using recorder::ThreadLog;
using trace::EventType;

namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

std::int64_t AtLeastZeroNs(absl::Duration duration) {
  return std::max<std::int64_t>(0, absl::ToInt64Nanoseconds(duration));
}

std::int64_t DeadlineAfter(absl::Duration duration) {
  const std::int64_t now = NowNs();
  const std::int64_t wait = AtLeastZeroNs(duration);
  return wait >= kForEver - now ? kForEver : now + wait;
}

}  // namespace

TimerState::TimerState(absl::Duration period, std::string_view name,
                       const std::source_location& made_at)
    : period_ns_(AtLeastZeroNs(period)),
      kind_(period_ns_ == 0 ? trace::ObjectKind::kTimer : trace::ObjectKind::kTicker),
      channel_(1, name, made_at),
      made_at_(made_at),
      origin_(name, made_at) {
  fire = Fire;
}

TimerState::TimerState(absl::AnyInvocable<void()> callback, const std::source_location& made_at)
    : kind_(trace::ObjectKind::kTimer),
      callback_(std::move(callback)),
      made_at_(made_at),
      origin_(made_at) {
  fire = Fire;
  survives_fork = false;
}

void TimerState::DropHandle() {
  if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1 && IsTicker()) {
    // Nobody can stop it any more: the trace shows its end. It ticks on while
    // somebody holds the channel.
    lock_.Lock();
    const bool in_heap = armed_ && channel_.core()->handles() == 1 && CancelTimer(*this);
    if (in_heap) armed_ = false;
    silent_ = true;
    origin_.End();
    lock_.Unlock();
    if (in_heap) Unref();
  }
  Unref();
}

bool TimerState::Disarm(const std::source_location& where) {
  bool stopped = armed_;
  if (armed_) {
    if (CancelTimer(*this)) {
      refs_.fetch_sub(1, std::memory_order_relaxed);  // the caller's handle keeps it
    } else {
      ++stale_;
    }
    armed_ = false;
  }
  if (channel_ != nullptr) {
    Arrival<absl::Time> unread;
    if (channel_.core()->Poll(unread.place(), where)) {
      unread.Take();
      stopped = true;
    }
  }
  return stopped;
}

void TimerState::RecordSet(absl::Duration duration, const std::source_location& where) {
  if (silent_) return;
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::OrderedWide(*log, In(*log), EventType::kTimerSet, CallSite(where).In(*log),
                          {.operands = {static_cast<std::uint64_t>(AtLeastZeroNs(duration))}});
  }
}

void TimerState::Arm(absl::Duration duration, const std::source_location& where) {
  RecordSet(duration, where);
  const std::int64_t deadline = DeadlineAfter(duration);
  if (deadline == kForEver) return;
  armed_ = true;
  Ref();
  ArmTimer(*this, deadline);
}

bool TimerState::Stop(const std::source_location& where) {
  schedule::Point(schedule::Op::kTimer, this);
  lock_.Lock();
  const bool stopped = Disarm(where);
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Ordered(*log, In(*log), EventType::kTimerStop, CallSite(where).In(*log));
  }
  lock_.Unlock();
  return stopped;
}

bool TimerState::Reset(absl::Duration duration, const std::source_location& where) {
  schedule::Point(schedule::Op::kTimer, this);
  lock_.Lock();
  const bool stopped = Disarm(where);
  if (IsTicker()) period_ns_ = AtLeastZeroNs(duration);
  Arm(duration, where);
  lock_.Unlock();
  return stopped;
}

void TimerState::Fire(TimerEntry& entry) {
  auto& self = static_cast<TimerState&>(entry);
  self.FireOnce();
  self.Unref();
}

void TimerState::FireOnce() {
  lock_.Lock();
  if (stale_ > 0) {
    --stale_;
    lock_.Unlock();
    return;
  }
  armed_ = false;
  if (ThreadLog* log = silent_ ? nullptr : Recording()) [[unlikely]] {
    recorder::Ordered(*log, In(*log), EventType::kTimerFire, log->Site(made_at_));
  }
  if (channel_ != nullptr) {
    absl::Time now = TimeNow();
    channel_.core()->Offer(&now, made_at_);
  }
  if (IsTicker()) Rearm();
  lock_.Unlock();
  if (callback_ == nullptr) return;
  Ref();
  Spawn([held = Held(this)] { held->callback_(); }, {}, made_at_, trace::TaskKind::kTimer);
}

// The next tick that is still to come: late ones are dropped, not made up for.
void TimerState::Rearm() {
  if (handles_.load(std::memory_order_acquire) == 0 && channel_.core()->handles() == 1) return;
  const std::int64_t late = std::max<std::int64_t>(0, NowNs() - deadline_ns);
  armed_ = true;
  Ref();
  ArmTimer(*this, deadline_ns + period_ns_ * (1 + late / period_ns_));
}

// --- Handles -------------------------------------------------------------------

TimerHandle::TimerHandle(const TimerHandle& other) : state_(other.state_) {
  if (state_ != nullptr) state_->AddHandle();
}

TimerHandle::~TimerHandle() {
  if (state_ != nullptr) state_->DropHandle();
}

TimerState& TimerHandle::state(const std::source_location& where) const {
  if (state_ == nullptr) throw Panic("an empty Timer or Ticker was used", where);
  return *state_;
}

RecvChan<absl::Time> TimerHandle::C() const { return state().channel(); }

void TimerHandle::SetName(std::string_view name) const { state().SetName(name); }

}  // namespace internal

using internal::TimerState;

void Sleep(absl::Duration duration, const std::source_location& where) {
  schedule::Point(schedule::Op::kSleep, nullptr);
  if (duration <= absl::ZeroDuration()) return;
  if (recorder::ThreadLog* log = internal::Recording()) [[unlikely]] {
    recorder::Time(*log);
    recorder::Local(*log, trace::EventType::kSleep, 0, internal::CallSite(where).In(*log),
                    {.flags = trace::kFlagTimed,
                     .operands = {static_cast<std::uint64_t>(internal::AtLeastZeroNs(duration))}});
  }
  internal::Waiter self(internal::CurrentTask());
  self.to = "sleep";
  self.at = where;
  internal::ParkUntil(self, nullptr, internal::TimeNow() + duration);
  if (recorder::ThreadLog* log = internal::Recording()) [[unlikely]] {
    recorder::Local(*log, trace::EventType::kWaitEnd, 0, internal::CallSite(where).In(*log),
                    {.operands = {static_cast<std::uint64_t>(trace::WaitEndReason::kDone)}});
  }
}

RecvChan<absl::Time> After(absl::Duration duration, const std::source_location& where) {
  return Timer(duration, {}, where).C();
}

Timer::Timer(absl::Duration duration, std::string_view name, const std::source_location& made_at)
    : TimerHandle(new TimerState(absl::ZeroDuration(), name, made_at)) {
  state().Reset(duration, made_at);
}

bool Timer::Stop(const std::source_location& where) const { return state(where).Stop(where); }

bool Timer::Reset(absl::Duration duration, const std::source_location& where) const {
  return state(where).Reset(duration, where);
}

Timer AfterFunc(absl::Duration duration, Spawned callback) {
  Timer timer(new TimerState(std::move(callback.body), callback.location));
  timer.state().Reset(duration, callback.location);
  return timer;
}

namespace {

absl::Duration CheckedPeriod(absl::Duration period, const std::source_location& where) {
  if (period <= absl::ZeroDuration()) throw Panic("Ticker: the period must be positive", where);
  return period;
}

}  // namespace

Ticker::Ticker(absl::Duration period, std::string_view name, const std::source_location& made_at)
    : TimerHandle(new TimerState(CheckedPeriod(period, made_at), name, made_at)) {
  state().Reset(period, made_at);
}

void Ticker::Stop(const std::source_location& where) const { state(where).Stop(where); }

void Ticker::Reset(absl::Duration period, const std::source_location& where) const {
  state(where).Reset(CheckedPeriod(period, where), where);
}

}  // namespace gordian
