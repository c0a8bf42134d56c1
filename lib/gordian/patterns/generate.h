// Where values come from: generators, and how many are taken of them.
//
//   auto squares = gordian::Produce<int>(ctx, [](const gordian::Emit<int>& emit) {
//     for (int i = 0; emit(i * i); ++i) {}
//   });
//   for (int n : gordian::Take(ctx, squares, 10)) …
//
// A channel that one goroutine writes is confined to it: the others get a RecvChan, by which
// they cannot send or close. Every output is closed when its goroutine ends.
//
// Cost   one goroutine and one channel each.
#ifndef GORDIAN_PATTERNS_GENERATE_H_
#define GORDIAN_PATTERNS_GENERATE_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gordian/chan.h"
#include "gordian/internal/scheduler.h"
#include "gordian/patterns/until.h"

namespace gordian {

// What a producer sends through: false once nobody wants any more.
template <typename T>
class Emit {
 public:
  Emit(Until until, SendChan<T> to, const std::source_location& at)
      : until_(std::move(until)), to_(std::move(to)), at_(at) {}

  bool operator()(T value) const { return until_.Send(to_, std::move(value), at_); }
  const Until& until() const { return until_; }

 private:
  Until until_;
  SendChan<T> to_;
  std::source_location at_;
};

// Runs `body(emit)` in a goroutine that alone sends to the channel returned, and closes it.
template <typename T, typename Body>
  requires std::invocable<Body&, const Emit<T>&>
RecvChan<T> Produce(const Until& until, Body body, std::string_view name = {},
                    const std::source_location& at = std::source_location::current()) {
  Chan<T> out(0, name, at);
  internal::Spawn(
      [emit = Emit<T>(until, out, at), out, body = std::move(body), at]() mutable {
        body(std::as_const(emit));
        out.Close(at);
      },
      name, at);
  return out;
}

namespace internal {

// Runs `step(value, emit)` on each value of `in`, until that is closed, or `until` has ended, or a
// step returns false.
template <typename R, Receivable Channel, typename Step>
RecvChan<R> Stage(const Until& until, const Channel& in, Step step, std::string_view name,
                  const std::source_location& at) {
  using T = typename Channel::value_type;
  return Produce<R>(
      until,
      [in = RecvChan<T>(in), step = std::move(step), at](const Emit<R>& emit) mutable {
        while (std::optional<T> value = emit.until().Recv(in, at)) {
          if (!step(*std::move(value), emit)) return;
        }
      },
      name, at);
}

}  // namespace internal

// The values, one after the other.
template <std::ranges::input_range Values>
auto Generate(const Until& until, Values values, std::string_view name = {},
              const std::source_location& at = std::source_location::current()) {
  using T = std::ranges::range_value_t<Values>;
  return Produce<T>(
      until,
      [values = std::move(values)](const Emit<T>& emit) {
        for (const T& value : values) {
          if (!emit(value)) return;
        }
      },
      name, at);
}
template <typename T>
RecvChan<T> Generate(const Until& until, std::initializer_list<T> values,
                     std::string_view name = {},
                     const std::source_location& at = std::source_location::current()) {
  return Generate(until, std::vector<T>(values), name, at);
}

// The values, again and again.
template <std::ranges::forward_range Values>
auto Repeat(const Until& until, Values values, std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using T = std::ranges::range_value_t<Values>;
  return Produce<T>(
      until,
      [values = std::move(values)](const Emit<T>& emit) {
        while (std::ranges::begin(values) != std::ranges::end(values)) {
          for (const T& value : values) {
            if (!emit(value)) return;
          }
        }
      },
      name, at);
}
template <typename T>
RecvChan<T> Repeat(const Until& until, std::initializer_list<T> values, std::string_view name = {},
                   const std::source_location& at = std::source_location::current()) {
  return Repeat(until, std::vector<T>(values), name, at);
}

// What `function` returns, called again and again.
template <typename Function>
auto RepeatFunction(const Until& until, Function function, std::string_view name = {},
                    const std::source_location& at = std::source_location::current()) {
  using T = std::decay_t<std::invoke_result_t<Function&>>;
  return Produce<T>(
      until,
      [function = std::move(function)](const Emit<T>& emit) mutable {
        while (emit(function())) {
        }
      },
      name, at);
}

// The first `count` values of `in`; what comes after stays where it is.
template <internal::Receivable Channel>
auto Take(const Until& until, const Channel& in, std::int64_t count, std::string_view name = {},
          const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  return Produce<T>(
      until,
      [in = RecvChan<T>(in), count, at](const Emit<T>& emit) {
        for (std::int64_t i = 0; i < count; ++i) {
          std::optional<T> value = emit.until().Recv(in, at);
          if (!value.has_value() || !emit(*std::move(value))) return;
        }
      },
      name, at);
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_GENERATE_H_
