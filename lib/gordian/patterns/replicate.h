// The same request to several, of whom the first to answer is enough.
//
//   absl::StatusOr<Page> page = gordian::FirstAnswer<Page>(ctx, 3,
//       [&](const gordian::Context& ctx, int replica) { return Fetch(ctx, hosts[replica]); });
//
// Once one has succeeded the others are cancelled, and waited for: nothing is left behind.
//
// Limits   each must look at the context (or the done channel) that it is given.
// Cost     a goroutine each.
#ifndef GORDIAN_PATTERNS_REPLICATE_H_
#define GORDIAN_PATTERNS_REPLICATE_H_

#include <concepts>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gordian/chan.h"
#include "gordian/context.h"
#include "gordian/internal/scheduler.h"
#include "gordian/select.h"
#include "gordian/wait_group.h"

namespace gordian {
namespace internal {

// `ask(i)` for each in a goroutine; the first success, or the last error. `stop` is called
// once as soon as that is known, or `done` closed.
template <typename T, typename Ask, typename Stop>
absl::StatusOr<T> FirstOf(const RecvChan<Unit>& done, int replicas, Ask ask, Stop stop,
                          std::string_view name, const std::source_location& at) {
  const Chan<absl::StatusOr<T>> answers(replicas, name, at);  // nobody waits to be heard
  WaitGroup group(name, at);
  for (int i = 0; i < replicas; ++i) {
    group.Add(1, at);
    Spawn(
        [&, i] {
          answers.Send(ask(i), at);
          group.Done(at);
        },
        name, at);
  }
  absl::StatusOr<T> best = absl::InvalidArgumentError("nobody was asked");
  for (int heard = 0; heard < replicas && !best.ok(); ++heard) {
    const int taken =
        Select(Recv(
                   answers,
                   [&](std::optional<absl::StatusOr<T>> answer) { best = *std::move(answer); }, at),
               Recv(done, kNothing, at));
    if (taken == 1) {
      best = absl::CancelledError("ended before anybody had answered");
      break;
    }
  }
  stop();
  group.Wait(at);
  return best;
}

}  // namespace internal

// Context form: `ask(ctx, replica)` returns an absl::StatusOr<T> or a T.
template <typename T, typename Ask>
  requires std::invocable<Ask&, const Context&, int>
absl::StatusOr<T> FirstAnswer(const Context& ctx, int replicas, Ask ask, std::string_view name = {},
                              const std::source_location& at = std::source_location::current()) {
  auto [shared, cancel] = WithCancel(ctx, name, at);
  absl::StatusOr<T> answer = internal::FirstOf<T>(
      ctx.Done(), replicas,
      [&ask, &shared = shared](int i) -> absl::StatusOr<T> { return ask(shared, i); },
      [&cancel = cancel, &at] { cancel(at); }, name, at);
  if (absl::IsCancelled(answer.status()) && !ctx.Err(at).ok()) return ctx.Err(at);
  return answer;
}

// Done-channel form: `ask(done, replica)`.
template <typename T, typename Ask>
  requires std::invocable<Ask&, const RecvChan<Unit>&, int>
absl::StatusOr<T> FirstAnswer(const RecvChan<Unit>& done, int replicas, Ask ask,
                              std::string_view name = {},
                              const std::source_location& at = std::source_location::current()) {
  const Chan<Unit> won(0, name, at);
  const RecvChan<Unit> stop = won;
  return internal::FirstOf<T>(
      done, replicas, [&](int i) -> absl::StatusOr<T> { return ask(stop, i); },
      [&] { won.Close(at); }, name, at);
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_REPLICATE_H_
