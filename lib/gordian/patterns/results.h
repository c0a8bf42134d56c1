// Results with errors: what can fail sends an absl::StatusOr down the channel, and who knows
// what an error means looks at it.
//
//   auto pages = gordian::Map(ctx, urls, [](Url url) { return Fetch(url); });   // StatusOr<Page>
//   auto titles = gordian::Then(ctx, pages, [](Page page) { return TitleOf(page); });
//   absl::StatusOr<std::vector<std::string>> all = gordian::Collect(ctx, titles);
//   if (!all.ok()) return gordian::Wrap(all.status(), "listing titles");
//
// Cost   Then: one goroutine and one channel. Collect runs in its caller.
#ifndef GORDIAN_PATTERNS_RESULTS_H_
#define GORDIAN_PATTERNS_RESULTS_H_

#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "gordian/chan.h"
#include "gordian/patterns/pipeline.h"
#include "gordian/patterns/until.h"

namespace gordian {

// The same error, seen from one step further out: "doing: what went wrong". OK stays OK.
inline absl::Status Wrap(const absl::Status& status, std::string_view doing) {
  if (status.ok()) return status;
  std::string message(doing);
  message.append(": ").append(status.message().data(), status.message().size());
  absl::Status wrapped(status.code(), message);
  status.ForEachPayload(
      [&](auto type, const absl::Cord& payload) { wrapped.SetPayload(type, payload); });
  return wrapped;
}

// `function` of each value; errors pass through. It returns a value, or a StatusOr of one.
template <internal::Receivable Channel, typename Function>
auto Then(const Until& until, const Channel& results, Function function, std::string_view name = {},
          const std::source_location& at = std::source_location::current()) {
  using Result = typename Channel::value_type;
  using R = std::decay_t<std::invoke_result_t<Function&, typename Result::value_type>>;
  constexpr bool kMayFail = std::is_constructible_v<R, absl::Status>;
  using Out = std::conditional_t<kMayFail, R, absl::StatusOr<R>>;
  return Map(
      until, results,
      [function = std::move(function)](Result result) mutable -> Out {
        if (!result.ok()) return std::move(result).status();
        return function(*std::move(result));
      },
      name, at);
}

// All values, or the first error; Cancelled where `until` ended before.
template <internal::Receivable Channel>
auto Collect(const Until& until, const Channel& results,
             const std::source_location& at = std::source_location::current()) {
  using Result = typename Channel::value_type;
  using T = typename Result::value_type;
  using Values = std::vector<T>;
  Values values;
  bool open = true;
  while (open) {
    std::optional<Result> result;
    const int taken = Select(gordian::Recv(
                                 results,
                                 [&](std::optional<Result> received) {
                                   if (received.has_value()) result.emplace(*std::move(received));
                                 },
                                 at),
                             gordian::Recv(until.Done(), internal::kNothing, at));
    if (taken == 1) {
      return absl::StatusOr<Values>(absl::CancelledError("ended before all results had come"));
    }
    if (result.has_value() && !result->ok()) return absl::StatusOr<Values>(result->status());
    open = result.has_value();
    if (open) values.push_back(**std::move(result));
  }
  return absl::StatusOr<Values>(std::move(values));
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_RESULTS_H_
