#include "gordian/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gordian/internal/timers.h"
#include "gordian/select.h"
#include "gordian/time.h"
#include "instrument/schedule/point.h"

namespace gordian {
namespace {

using internal::TimeNow;

// How long the bucket takes to gain `tokens`.
absl::Duration TimeFor(double tokens, RateLimit limit) {
  if (tokens <= 0) return absl::ZeroDuration();
  if (limit.per_second <= 0) return absl::InfiniteDuration();
  return absl::Seconds(tokens / limit.per_second);
}

double TokensIn(absl::Duration time, RateLimit limit) {
  if (time <= absl::ZeroDuration() || limit.per_second <= 0) return 0;
  return absl::ToDoubleSeconds(time) * limit.per_second;
}

bool IsUnlimited(RateLimit limit) { return std::isinf(limit.per_second); }

}  // namespace

RateLimit Every(absl::Duration interval) {
  if (interval <= absl::ZeroDuration()) return RateLimit::Unlimited();
  return {1 / absl::ToDoubleSeconds(interval)};
}

RateLimit Per(double events, absl::Duration duration) {
  return {events / absl::ToDoubleSeconds(duration)};
}

// --- RateLimiter ---------------------------------------------------------------

RateLimiter::RateLimiter(RateLimit limit, int burst, std::string_view name)
    : limit_(limit),
      burst_(burst),
      tokens_(burst),
      last_(absl::InfinitePast()),
      last_event_(absl::InfinitePast()),
      name_(name) {}

double RateLimiter::TokensAt(absl::Time now) const {
  if (last_ == absl::InfinitePast()) return tokens_;
  return std::min<double>(burst_, tokens_ + TokensIn(now - last_, limit_));
}

void RateLimiter::Settle(absl::Time now) {
  tokens_ = TokensAt(now);
  last_ = now;
}

Reservation RateLimiter::ReserveWithin(int n, absl::Duration most) {
  schedule::Point(schedule::Op::kTryAcquire, this);
  const absl::Time now = TimeNow();
  Reservation reservation;
  reservation.limiter_ = this;
  reservation.tokens_ = n;
  lock_.Lock();
  reservation.limit_ = limit_;
  if (IsUnlimited(limit_)) {
    reservation.ok_ = true;
    reservation.act_at_ = now;
  } else {
    const double left = TokensAt(now) - n;
    const absl::Duration wait = TimeFor(-left, limit_);
    reservation.ok_ = n <= burst_ && wait <= most && wait != absl::InfiniteDuration();
    if (reservation.ok_) {
      tokens_ = left;
      last_ = now;
      last_event_ = reservation.act_at_ = now + wait;
    }
  }
  lock_.Unlock();
  return reservation;
}

bool RateLimiter::Allow(int n) { return ReserveWithin(n, absl::ZeroDuration()).ok(); }

Reservation RateLimiter::Reserve(int n) { return ReserveWithin(n, absl::InfiniteDuration()); }

absl::Status RateLimiter::Wait(const Context& ctx, int n, const std::source_location& at) {
  return MultiLimiter::WaitFor({this}, ctx, n, name_, at);
}

absl::Status RateLimiter::Wait(const RecvChan<Unit>& done, int n, const std::source_location& at) {
  return MultiLimiter::WaitFor({this}, done, absl::InfiniteDuration(), n, name_, at);
}

RateLimit RateLimiter::Limit() const {
  lock_.Lock();
  const RateLimit limit = limit_;
  lock_.Unlock();
  return limit;
}

int RateLimiter::Burst() const {
  lock_.Lock();
  const int burst = burst_;
  lock_.Unlock();
  return burst;
}

double RateLimiter::Tokens() const {
  const absl::Time now = TimeNow();
  lock_.Lock();
  const double tokens = TokensAt(now);
  lock_.Unlock();
  return tokens;
}

void RateLimiter::SetLimit(RateLimit limit) {
  const absl::Time now = TimeNow();
  lock_.Lock();
  Settle(now);
  limit_ = limit;
  lock_.Unlock();
}

void RateLimiter::SetBurst(int burst) {
  const absl::Time now = TimeNow();
  lock_.Lock();
  Settle(now);
  burst_ = burst;
  lock_.Unlock();
}

// --- Reservation ---------------------------------------------------------------

absl::Duration Reservation::Delay() const {
  if (!ok_) return absl::InfiniteDuration();
  return std::max(act_at_ - TimeNow(), absl::ZeroDuration());
}

void Reservation::Cancel() {
  if (act_at_ >= TimeNow()) GiveBack();
}

// Those who reserved after it have counted on its tokens being gone: only the rest comes back.
void Reservation::GiveBack() {
  if (!std::exchange(ok_, false) || IsUnlimited(limit_)) return;
  const absl::Time now = TimeNow();
  limiter_->lock_.Lock();
  const double back = tokens_ - TokensIn(limiter_->last_event_ - act_at_, limit_);
  if (back > 0) {
    limiter_->Settle(now);
    limiter_->tokens_ = std::min<double>(limiter_->burst_, limiter_->tokens_ + back);
    if (limiter_->last_event_ == act_at_) {
      const absl::Time before = act_at_ - TimeFor(tokens_, limit_);
      if (before >= now) limiter_->last_event_ = before;
    }
  }
  limiter_->lock_.Unlock();
}

// --- MultiLimiter --------------------------------------------------------------

MultiLimiter::MultiLimiter(std::vector<RateLimiter*> limiters, std::string_view name)
    : limiters_(std::move(limiters)), name_(name) {}

bool MultiLimiter::Allow(int n) {
  std::vector<Reservation> taken;
  for (RateLimiter* limiter : limiters_) {
    taken.push_back(limiter->ReserveWithin(n, absl::ZeroDuration()));
    if (taken.back().ok()) continue;
    for (Reservation& reservation : taken) reservation.GiveBack();
    return false;
  }
  return true;
}

RateLimit MultiLimiter::Limit() const {
  RateLimit strictest = RateLimit::Unlimited();
  for (const RateLimiter* limiter : limiters_) strictest = std::min(strictest, limiter->Limit());
  return strictest;
}

absl::Status MultiLimiter::Wait(const Context& ctx, int n, const std::source_location& at) {
  return WaitFor(limiters_, ctx, n, name_, at);
}

absl::Status MultiLimiter::Wait(const RecvChan<Unit>& done, int n, const std::source_location& at) {
  return WaitFor(limiters_, done, absl::InfiniteDuration(), n, name_, at);
}

absl::Status MultiLimiter::WaitFor(const std::vector<RateLimiter*>& limiters, const Context& ctx,
                                   int n, std::string_view name, const std::source_location& at) {
  if (absl::Status cancelled = ctx.Err(at); !cancelled.ok()) return cancelled;
  const absl::Duration most =
      ctx.Deadline().has_value() ? *ctx.Deadline() - TimeNow() : absl::InfiniteDuration();
  absl::Status waited = WaitFor(limiters, ctx.Done(), most, n, name, at);
  return absl::IsCancelled(waited) ? ctx.Err(at) : waited;
}

// Takes from each, and waits once: as long as the slowest wants.
absl::Status MultiLimiter::WaitFor(const std::vector<RateLimiter*>& limiters,
                                   const RecvChan<Unit>& done, absl::Duration most, int n,
                                   std::string_view name, const std::source_location& at) {
  std::vector<Reservation> taken;
  const auto give_back = [&](absl::Status why) {
    for (Reservation& reservation : taken) reservation.GiveBack();
    return why;
  };
  absl::Duration delay = absl::ZeroDuration();
  for (RateLimiter* limiter : limiters) {
    if (n > limiter->Burst() && !IsUnlimited(limiter->Limit())) {
      return give_back(absl::InvalidArgumentError(absl::StrCat(
          "a RateLimiter's burst is ", limiter->Burst(), ", and ", n, " events at once are more")));
    }
    taken.push_back(limiter->ReserveWithin(n, most));
    if (!taken.back().ok()) {
      return give_back(
          absl::DeadlineExceededError("the deadline comes before the rate limit allows it"));
    }
    delay = std::max(delay, taken.back().Delay());
  }
  if (delay <= absl::ZeroDuration()) return absl::OkStatus();
  const Timer timer(delay, name, at);
  if (Select(Recv(timer.C(), internal::kNothing, at), Recv(done, internal::kNothing, at)) == 0) {
    return absl::OkStatus();
  }
  timer.Stop(at);
  return give_back(absl::CancelledError("ended before the rate limit allowed it"));
}

}  // namespace gordian
