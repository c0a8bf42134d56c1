// Values no faster than a rate allows.
//
//   gordian::RateLimiter per_second(gordian::Per(2, absl::Seconds(1)), 2);
//   gordian::RateLimiter per_minute(gordian::Per(60, absl::Minutes(1)), 60);
//   gordian::RateLimiter disk(gordian::Per(1, absl::Seconds(1)), 1);
//   gordian::MultiLimiter limits({&per_second, &per_minute, &disk});
//   for (const Request& request : gordian::Throttle(ctx, requests, limits)) …
//
// Limits   the limiter must outlive the goroutine.
// Cost     one goroutine and one channel; a Timer for each wait.
#ifndef GORDIAN_PATTERNS_THROTTLE_H_
#define GORDIAN_PATTERNS_THROTTLE_H_

#include <optional>
#include <source_location>
#include <string_view>
#include <utility>

#include "gordian/chan.h"
#include "gordian/patterns/generate.h"
#include "gordian/patterns/until.h"
#include "gordian/rate_limiter.h"

namespace gordian {

// The values of `in`, each when `limiter` (a RateLimiter or a MultiLimiter) allows it.
template <internal::Receivable Channel, typename Limiter>
auto Throttle(const Until& until, const Channel& in, Limiter& limiter, std::string_view name = {},
              const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  return Produce<T>(
      until,
      [in = RecvChan<T>(in), &limiter, at](const Emit<T>& emit) {
        while (std::optional<T> value = emit.until().Recv(in, at)) {
          if (!limiter.Wait(emit.until().Done(), 1, at).ok()) return;
          if (!emit(*std::move(value))) return;
        }
      },
      name, at);
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_THROTTLE_H_
