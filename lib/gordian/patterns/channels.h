// Channels made of channels: or, or-done, tee, bridge, queue.
//
//   RecvChan<Unit> stop = gordian::Or({ctx.Done(), quit, idle});     // the first one closes it
//   for (int n : gordian::OrDone(ctx, numbers)) …                    // a range that can be
//   cancelled auto [log, work] = gordian::Tee(ctx, requests);                  // each value to
//   both for (int n : gordian::Bridge(ctx, channel_of_channels)) … auto smooth =
//   gordian::Queue(ctx, bursts, 100);                  // up to 100 wait
//
// Cost   one goroutine and one or two channels each.
#ifndef GORDIAN_PATTERNS_CHANNELS_H_
#define GORDIAN_PATTERNS_CHANNELS_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>
#include <vector>

#include "gordian/chan.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/select_core.h"
#include "gordian/patterns/generate.h"
#include "gordian/patterns/until.h"

namespace gordian {
namespace internal {

// Receives from whichever is ready first.
inline void RecvAny(const std::vector<RecvChan<Unit>>& channels, const std::source_location& at) {
  std::vector<SelectCase> cases(channels.size());
  std::vector<SelectCase*> order(channels.size());
  Arrival<Unit> arrival;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    cases[i].core = channels[i].core();
    cases[i].element = arrival.place();
    cases[i].where = at;
  }
  Selection(cases, order, false, at).Run();
}

}  // namespace internal

// A channel that is closed as soon as one of `channels` is, or has a value. Its goroutine waits as
// long as that takes: let one of them be the caller's own Done().
inline RecvChan<Unit> Or(std::vector<RecvChan<Unit>> channels, std::string_view name = {},
                         const std::source_location& at = std::source_location::current()) {
  Chan<Unit> any(0, name, at);
  internal::Spawn(
      [channels = std::move(channels), any, at] {
        internal::RecvAny(channels, at);
        any.Close(at);
      },
      name, at);
  return any;
}

// The values of `in`, until it is closed or `until` has ended: for loops over channels that others
// may never close.
template <internal::Receivable Channel>
auto OrDone(const Until& until, const Channel& in, std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  return internal::Stage<T>(
      until, in, [](T value, const Emit<T>& emit) { return emit(std::move(value)); }, name, at);
}

// Each value to both channels; the next one is received when both have had it.
template <internal::Receivable Channel>
auto Tee(const Until& until, const Channel& in, std::string_view name = {},
         const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  const Chan<T> first(0, name, at), second(0, name, at);
  internal::Spawn(
      [until, in = RecvChan<T>(in), first, second, at] {
        while (std::optional<T> value = until.Recv(in, at)) {
          SendChan<T> left = first, right = second;  // nil once it has had the value
          for (int i = 0; i < 2; ++i) {
            const int taken = Select(gordian::Send(
                                         left, T(*value), [&] { left = {}; }, at),
                                     gordian::Send(
                                         right, T(*value), [&] { right = {}; }, at),
                                     gordian::Recv(until.Done(), internal::kNothing, at));
            if (taken == 2) break;
          }
        }
        first.Close(at);
        second.Close(at);
      },
      name, at);
  return std::pair<RecvChan<T>, RecvChan<T>>(first, second);
}

// The values of the first channel to its end, then of the second, …
template <internal::Receivable Channels>
auto Bridge(const Until& until, const Channels& channels, std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using Inner = typename Channels::value_type;
  using T = typename Inner::value_type;
  return internal::Stage<T>(
      until, channels,
      [at](const Inner& channel, const Emit<T>& emit) {
        while (std::optional<T> value = emit.until().Recv(channel, at)) {
          if (!emit(*std::move(value))) return false;
        }
        return !emit.until().Ended(at);
      },
      name, at);
}

// The values of `in`, of which up to `size` may wait: who sends in bursts is not held up by who
// receives steadily.
template <internal::Receivable Channel>
auto Queue(const Until& until, const Channel& in, int size, std::string_view name = {},
           const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  const Chan<T> out(size, name, at);
  internal::Spawn(
      [until, in = RecvChan<T>(in), out, at] {
        while (std::optional<T> value = until.Recv(in, at)) {
          if (!until.Send(out, *std::move(value), at)) break;
        }
        out.Close(at);
      },
      name, at);
  return RecvChan<T>(out);
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_CHANNELS_H_
