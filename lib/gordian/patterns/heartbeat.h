// Signs of life of a goroutine that works, for those who watch it.
//
//   auto [beats, results] = gordian::BeatEvery(ctx, absl::Seconds(1), jobs, Work);
//   // beats has a Unit every second while it waits, for work or to be rid of a result;
//   // a Work that does not return shows as silence
//
//   auto [units, results] = gordian::BeatPerUnit(ctx, jobs, Work);
//   // one at the beginning of each unit of work: a test waits for it, and not for a time
//
// A beat that nobody receives is dropped: watching is optional, and never holds up the work. Both
// channels are closed when the goroutine ends.
//
// Cost   one goroutine and two channels; BeatEvery also a Ticker.
#ifndef GORDIAN_PATTERNS_HEARTBEAT_H_
#define GORDIAN_PATTERNS_HEARTBEAT_H_

#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/internal/scheduler.h"
#include "gordian/patterns/until.h"
#include "gordian/select.h"
#include "gordian/time.h"

namespace gordian {

template <typename R>
struct Beating {
  RecvChan<Unit> beats;
  RecvChan<R> results;
};

// A beat, where somebody waits for it or it has room.
inline void Beat(const SendChan<Unit>& beats,
                 const std::source_location& at = std::source_location::current()) {
  Select(Send(beats, Unit{}, internal::kNothing, at), Default(internal::kNothing, at));
}

// `function` of what comes from `in`, with a beat every `period`.
template <internal::Receivable Channel, typename Function>
auto BeatEvery(const Until& until, absl::Duration period, const Channel& in, Function function,
               std::string_view name = {},
               const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  using R = std::decay_t<std::invoke_result_t<Function&, T>>;
  const Chan<Unit> beats(0, name, at);
  const Chan<R> results(0, name, at);
  internal::Spawn(
      [until, period, in = RecvChan<T>(in), function = std::move(function), beats, results,
       at]() mutable {
        const Ticker ticker(period, {}, at);
        std::optional<R> result;
        const auto work = [&](std::optional<T> value) {
          if (value.has_value()) result.emplace(function(*std::move(value)));
        };
        for (int taken = 0; taken != 2;) {
          taken = Select(Recv(
                             ticker.C(), [&] { Beat(beats, at); }, at),
                         Recv(in, work, at), Recv(until.Done(), internal::kNothing, at));
          if (taken == 1 && !result.has_value()) break;  // `in` is closed
          while (result.has_value() && taken != 2) {
            taken = Select(Recv(
                               ticker.C(), [&] { Beat(beats, at); }, at),
                           Send(
                               results, *std::move(result), [&] { result.reset(); }, at),
                           Recv(until.Done(), internal::kNothing, at));
          }
        }
        ticker.Stop(at);
        beats.Close(at);
        results.Close(at);
      },
      name, at);
  return Beating<R>{beats, results};
}

// `function` of what comes from `in`, with a beat at the beginning of each.
template <internal::Receivable Channel, typename Function>
auto BeatPerUnit(const Until& until, const Channel& in, Function function,
                 std::string_view name = {},
                 const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  using R = std::decay_t<std::invoke_result_t<Function&, T>>;
  const Chan<Unit> beats(1, name, at);  // one waits for a watcher that comes a little late
  const Chan<R> results(0, name, at);
  internal::Spawn(
      [until, in = RecvChan<T>(in), function = std::move(function), beats, results, at]() mutable {
        while (std::optional<T> value = until.Recv(in, at)) {
          Beat(beats, at);
          if (!until.Send(results, function(*std::move(value)), at)) break;
        }
        beats.Close(at);
        results.Close(at);
      },
      name, at);
  return Beating<R>{beats, results};
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_HEARTBEAT_H_
