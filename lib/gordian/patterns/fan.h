// Many goroutines on one stage, and their results in one channel again.
//
//   auto parts = gordian::FanOut(ctx, urls, 8, [](Url url) { return Fetch(url); });
//   for (const Page& page : gordian::FanIn(ctx, parts)) …      // in any order
//
// Cost   FanOut: a goroutine and a channel for each worker. FanIn: a goroutine for each input.
#ifndef GORDIAN_PATTERNS_FAN_H_
#define GORDIAN_PATTERNS_FAN_H_

#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gordian/chan.h"
#include "gordian/internal/scheduler.h"
#include "gordian/patterns/pipeline.h"
#include "gordian/patterns/until.h"
#include "gordian/wait_group.h"

namespace gordian {

// `workers` goroutines share what comes from `in`: each value goes to one, whose output has
// `function` of it. `function` is copied, and runs in all of them at once.
template <internal::Receivable Channel, typename Function>
auto FanOut(const Until& until, const Channel& in, int workers, Function function,
            std::string_view name = {},
            const std::source_location& at = std::source_location::current()) {
  using R = std::decay_t<std::invoke_result_t<Function&, typename Channel::value_type>>;
  std::vector<RecvChan<R>> outputs;
  for (int i = 0; i < workers; ++i) outputs.push_back(Map(until, in, function, name, at));
  return outputs;
}

// All values of all channels, in the order in which they come; closed once all are.
template <typename T>
RecvChan<T> FanIn(const Until& until, std::vector<RecvChan<T>> inputs, std::string_view name = {},
                  const std::source_location& at = std::source_location::current()) {
  Chan<T> out(0, name, at);
  auto open = std::make_shared<WaitGroup>(name, at);
  open->Add(static_cast<int>(inputs.size()), at);
  for (RecvChan<T>& input : inputs) {
    internal::Spawn(
        [until, in = std::move(input), out, open, at] {
          while (std::optional<T> value = until.Recv(in, at)) {
            if (!until.Send(out, *std::move(value), at)) break;
          }
          open->Done(at);
        },
        name, at);
  }
  internal::Spawn(
      [out, open, at] {
        open->Wait(at);
        out.Close(at);
      },
      name, at);
  return out;
}

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_FAN_H_
