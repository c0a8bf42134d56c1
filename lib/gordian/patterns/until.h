// How long a pattern's goroutines live: until a context is cancelled, or a done channel closed.
//
//   void Forward(const gordian::Until& until, gordian::RecvChan<int> in, gordian::SendChan<int>
//   out) {
//     while (std::optional<int> n = until.Recv(in)) {
//       if (!until.Send(out, *n)) return;
//     }
//   }
//   Forward(ctx, in, out);     // Context form
//   Forward(done, in, out);    // done-channel form
//
// Every pattern takes one as its first parameter. Once it has ended, every goroutine of the
// pattern ends soon, whether or not anybody sends or receives any more. (Where it could also
// still send or receive, it does either, as a Select has it.)
//
// Limits   an Until of a context that can never be cancelled, or of a nil channel, never ends: then
// the
//          pattern's output must be received to its end.
// Cost     a channel handle; each Send and Recv is a Select of two.
#ifndef GORDIAN_PATTERNS_UNTIL_H_
#define GORDIAN_PATTERNS_UNTIL_H_

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/context.h"
#include "gordian/select.h"
#include "gordian/time.h"

namespace gordian {

class Until {
 public:
  Until(const Context& ctx) : done_(ctx.Done()) {}        // NOLINT: implicit
  Until(RecvChan<Unit> done) : done_(std::move(done)) {}  // NOLINT: implicit
  Until(const Chan<Unit>& done) : done_(done) {}          // NOLINT: implicit

  // Closed once it has ended.
  const RecvChan<Unit>& Done() const { return done_; }

  bool Ended(const std::source_location& at = std::source_location::current()) const {
    return Select(gordian::Recv(done_, internal::kNothing, at), Default(internal::kNothing, at)) ==
           0;
  }

  // False where it ended first.
  template <typename T>
  bool Send(const SendChan<T>& to, T value,
            const std::source_location& at = std::source_location::current()) const {
    return Select(gordian::Send(to, std::move(value), internal::kNothing, at),
                  gordian::Recv(done_, internal::kNothing, at)) == 0;
  }
  template <typename T>
  bool Send(const Chan<T>& to, std::type_identity_t<T> value,
            const std::source_location& at = std::source_location::current()) const {
    return Send(SendChan<T>(to), std::move(value), at);
  }

  // Nothing where `from` is closed and empty, or it ended first.
  template <internal::Receivable Channel>
  auto Recv(const Channel& from,
            const std::source_location& at = std::source_location::current()) const {
    using T = typename Channel::value_type;
    std::optional<T> value;
    Select(gordian::Recv(
               from,
               [&](std::optional<T> received) {
                 if (received.has_value()) value.emplace(*std::move(received));
               },
               at),
           gordian::Recv(done_, internal::kNothing, at));
    return value;
  }

  // False where it ended first.
  bool Sleep(absl::Duration duration,
             const std::source_location& at = std::source_location::current()) const {
    const Timer timer(duration, {}, at);
    const bool slept = Select(gordian::Recv(timer.C(), internal::kNothing, at),
                              gordian::Recv(done_, internal::kNothing, at)) == 0;
    if (!slept) timer.Stop(at);
    return slept;
  }

 private:
  RecvChan<Unit> done_;
};

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_UNTIL_H_
