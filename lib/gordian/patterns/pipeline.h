// Stages of a pipeline: each receives from the one before and sends to the one after.
//
//   auto words = gordian::Map(ctx, lines, [](std::string line) { return Words(line); });
//   auto batches = gordian::Batch(ctx, words, 100);      // batch processing: many at once
//   for (const Word& word : gordian::Stream(ctx, gordian::Map(ctx, batches, Translate))) …
//
// A stage works on one value while those before and after it work on others; values keep
// their order. It ends, and closes its output, when its input is closed.
//
// Cost   one goroutine and one channel each.
#ifndef GORDIAN_PATTERNS_PIPELINE_H_
#define GORDIAN_PATTERNS_PIPELINE_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gordian/chan.h"
#include "gordian/patterns/generate.h"
#include "gordian/patterns/until.h"

namespace gordian {

// `function` of each value.
template <internal::Receivable Channel, typename Function>
auto Map(const Until& until, const Channel& in, Function function, std::string_view name = {},
         const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  using R = std::decay_t<std::invoke_result_t<Function&, T>>;
  return internal::Stage<R>(
      until, in,
      [function = std::move(function)](T value, const Emit<R>& emit) mutable {
        return emit(function(std::move(value)));
      },
      name, at);
}

// The values that `keep` is true of.
template <internal::Receivable Channel, typename Keep>
auto Filter(const Until& until, const Channel& in, Keep keep, std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  return internal::Stage<T>(
      until, in,
      [keep = std::move(keep)](T value, const Emit<T>& emit) mutable {
        return !keep(std::as_const(value)) || emit(std::move(value));
      },
      name, at);
}

// `size` values at a time, fewer at the end.
template <internal::Receivable Channel>
auto Batch(const Until& until, const Channel& in, std::size_t size, std::string_view name = {},
           const std::source_location& at = std::source_location::current()) {
  using T = typename Channel::value_type;
  using Values = std::vector<T>;
  return Produce<Values>(
      until,
      [in = RecvChan<T>(in), size, at](const Emit<Values>& emit) {
        Values batch;
        while (std::optional<T> value = emit.until().Recv(in, at)) {
          batch.push_back(*std::move(value));
          if (batch.size() >= size && !emit(std::exchange(batch, {}))) return;
        }
        if (!batch.empty()) emit(std::move(batch));
      },
      name, at);
}

// The values of batches, one after the other.
template <internal::Receivable Channel>
auto Stream(const Until& until, const Channel& batches, std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using Values = typename Channel::value_type;
  using T = typename Values::value_type;
  return internal::Stage<T>(
      until, batches,
      [](Values batch, const Emit<T>& emit) {
        for (T& value : batch) {
          if (!emit(std::move(value))) return false;
        }
        return true;
      },
      name, at);
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_PIPELINE_H_
