// How often something may happen: Go's rate.Limiter, a token bucket.
//
//   gordian::RateLimiter calls(gordian::Per(100, absl::Seconds(1)), /*burst=*/10);
//   if (absl::Status in_time = calls.Wait(ctx); !in_time.ok()) return in_time;
//   Call();
//
// The bucket holds up to `burst` tokens and starts full; it gains `rate` tokens a second. What
// happens takes a token, or waits for one, in the order of asking.
//
// Several limits at once, say two a second, ten a minute, and what the disk bears:
//
//   gordian::MultiLimiter limits({&per_second, &per_minute, &disk});
//
// Locking   a spin lock for the arithmetic. Nothing is ordered by it: two goroutines that pass one
//           after the other are as concurrent as before.
// Limits    a MultiLimiter's parts must outlive it.
// Cost      Allow and Reserve: some arithmetic. Wait: a Timer where it has to wait.
#ifndef GORDIAN_RATE_LIMITER_H_
#define GORDIAN_RATE_LIMITER_H_

#include <cstdint>
#include <limits>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gordian/context.h"
#include "gordian/internal/task.h"

namespace gordian {

// Events a second.
struct RateLimit {
  double per_second = 0;  // 0: none at all, but for the burst

  static constexpr RateLimit Unlimited() { return {std::numeric_limits<double>::infinity()}; }
  friend auto operator<=>(const RateLimit&, const RateLimit&) = default;
};

// One event every `interval`; unlimited where that is not positive.
RateLimit Every(absl::Duration interval);
// `events` in each `duration`.
RateLimit Per(double events, absl::Duration duration);

class RateLimiter;

// A right to act later: what Reserve returns.
class Reservation {
 public:
  // False where it can never be: more than the burst was asked for.
  bool ok() const { return ok_; }
  // How long to wait before acting; InfiniteDuration where it is not ok().
  absl::Duration Delay() const;
  // The caller will not act: gives back what that leaves for others. Nothing, once its time has
  // come.
  void Cancel();

 private:
  friend class RateLimiter;
  friend class MultiLimiter;
  // Whether or not its time has come: the event has not happened.
  void GiveBack();

  RateLimiter* limiter_ = nullptr;
  bool ok_ = false;
  double tokens_ = 0;
  absl::Time act_at_ = absl::InfinitePast();
  RateLimit limit_;
};

class RateLimiter {
 public:
  RateLimiter(RateLimit limit, int burst, std::string_view name = {});
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Whether `n` events may happen now; they then have.
  bool Allow(int n = 1);

  // The right to `n` events, after a delay that the caller is to wait for.
  Reservation Reserve(int n = 1);

  // Waits until `n` events may happen. Fails, and takes nothing, when `ctx` is cancelled, at
  // once where its deadline comes too early, or when `n` is more than the burst.
  absl::Status Wait(const Context& ctx, int n = 1,
                    const std::source_location& at = std::source_location::current());
  // The same until `done` is closed: Cancelled.
  absl::Status Wait(const RecvChan<Unit>& done, int n = 1,
                    const std::source_location& at = std::source_location::current());

  RateLimit Limit() const;
  int Burst() const;
  // What is in the bucket now; less than 0 while it is owed.
  double Tokens() const;

  void SetLimit(RateLimit limit);
  void SetBurst(int burst);

  void SetName(std::string_view name) { name_ = name; }

 private:
  friend class Reservation;
  friend class MultiLimiter;

  // Reserves where that needs no more than `most` of a wait.
  Reservation ReserveWithin(int n, absl::Duration most);
  // Under lock_: what would be in the bucket at `now`.
  double TokensAt(absl::Time now) const;
  void Settle(absl::Time now);

  mutable internal::SpinLock lock_;
  RateLimit limit_;
  int burst_;
  double tokens_;
  absl::Time last_;        // when tokens_ was right
  absl::Time last_event_;  // the latest that was granted
  std::string name_;
};

// Several limiters as one: what happens must be allowed by each.
class MultiLimiter {
 public:
  explicit MultiLimiter(std::vector<RateLimiter*> limiters, std::string_view name = {});

  bool Allow(int n = 1);
  absl::Status Wait(const Context& ctx, int n = 1,
                    const std::source_location& at = std::source_location::current());
  absl::Status Wait(const RecvChan<Unit>& done, int n = 1,
                    const std::source_location& at = std::source_location::current());
  // The strictest of them.
  RateLimit Limit() const;

 private:
  friend class RateLimiter;
  static absl::Status WaitFor(const std::vector<RateLimiter*>& limiters, const Context& ctx, int n,
                              std::string_view name, const std::source_location& at);
  // Waits no longer than `most`, and until `done` is closed: then Cancelled.
  static absl::Status WaitFor(const std::vector<RateLimiter*>& limiters, const RecvChan<Unit>& done,
                              absl::Duration most, int n, std::string_view name,
                              const std::source_location& at);

  const std::vector<RateLimiter*> limiters_;
  const std::string name_;
};

}  // namespace gordian

#endif  // GORDIAN_RATE_LIMITER_H_
