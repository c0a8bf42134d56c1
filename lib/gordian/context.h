// Contexts: cancellation, deadlines and request values, handed down a call tree.
//
//   auto [ctx, cancel] = gordian::WithTimeout(parent, absl::Seconds(2));
//   gordian::Go([ctx = ctx] { Fetch(ctx, url, results); });
//   …
//   cancel();                       // always, also when the work was done in time
//
//   void Fetch(const gordian::Context& ctx, …) {
//     gordian::Select(gordian::Recv(ctx.Done(), [&] { log(ctx.Err()); }), …);
//
// A Context is a counted handle, by custom a function's first parameter. Cancelling one cancels all
// that were derived from it. A cancel function may be called many times and from anywhere; one
// that is never called is reported (leak.context) when its last copy goes.
//
// Locking   a short spin lock per context; callbacks and channel closes happen outside.
// Cost      a derived context is one allocation, its Done channel another when first asked for.
// Happens-before  cancel → what sees it through Done(), Err() or Cause().
#ifndef GORDIAN_CONTEXT_H_
#define GORDIAN_CONTEXT_H_

#include <any>
#include <concepts>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/internal/context_node.h"

namespace gordian {

class Context {
 public:
  Context() = default;  // the same as Background()

  // Closed once it is cancelled; nil where that cannot happen.
  RecvChan<Unit> Done() const;

  // OK, or cancelled, or deadline exceeded.
  absl::Status Err(const std::source_location& where = std::source_location::current()) const;

  // What was given to the cancel function of WithCancelCause, here or further up; else Err().
  absl::Status Cause(const std::source_location& where = std::source_location::current()) const;

  // When it will be cancelled at the latest.
  std::optional<absl::Time> Deadline() const;

  // The value that was set for `key` here or further up: as a std::any, empty where there
  // is none; Value<V>(key) gives a `const V*`, nullptr where there is no V.
  template <typename V = std::any, typename K>
  auto Value(const K& key) const {
    const internal::ContextKey<K> wanted(key);
    const std::any* found = Find(typeid(wanted), &wanted);
    if constexpr (std::same_as<V, std::any>) {
      return found == nullptr ? std::any() : *found;
    } else {
      return std::any_cast<V>(found);
    }
  }

  // Names it in reports; nothing where it cannot be cancelled.
  void SetName(std::string_view name) const;

  const internal::NodeRef& node() const { return node_; }
  explicit Context(internal::NodeRef node) : node_(std::move(node)) {}

 private:
  const std::any* Find(const std::type_info& type, const void* key) const;

  internal::NodeRef node_;  // empty: the background
};

// Cancels the context that it was made with.
class CancelFunc {
 public:
  CancelFunc() = default;  // does nothing
  explicit CancelFunc(internal::NodeRef node) : node_(std::move(node)) {}

  void operator()(const std::source_location& where = std::source_location::current()) const;

 private:
  internal::NodeRef node_;
};

// The same, with a reason; an OK `cause` stands for "cancelled".
class CancelCauseFunc {
 public:
  CancelCauseFunc() = default;  // does nothing
  explicit CancelCauseFunc(internal::NodeRef node) : node_(std::move(node)) {}

  void operator()(const absl::Status& cause,
                  const std::source_location& where = std::source_location::current()) const;

 private:
  internal::NodeRef node_;
};

template <typename Cancel>
struct [[nodiscard]] Cancellable {
  Context context;
  Cancel cancel;
};

// Never cancelled, without values and deadline: the root. Todo says "not decided yet".
inline Context Background() { return Context(); }
inline Context Todo() { return Context(); }

Cancellable<CancelFunc> WithCancel(
    const Context& parent, std::string_view name = {},
    const std::source_location& made_at = std::source_location::current());

Cancellable<CancelCauseFunc> WithCancelCause(
    const Context& parent, std::string_view name = {},
    const std::source_location& made_at = std::source_location::current());

// Cancelled by itself at `deadline`, or at the parent's where that is earlier.
Cancellable<CancelFunc> WithDeadline(
    const Context& parent, absl::Time deadline, std::string_view name = {},
    const std::source_location& made_at = std::source_location::current());

Cancellable<CancelFunc> WithTimeout(
    const Context& parent, absl::Duration timeout, std::string_view name = {},
    const std::source_location& made_at = std::source_location::current());

// A context that answers `key` with `value`. Text keys are compared by their characters.
template <typename K, typename V>
Context WithValue(const Context& parent, const K& key, V&& value) {
  using Key = internal::ContextKey<K>;
  return Context(internal::NodeRef::Own(
      new internal::ValueNode<Key>(parent.node(), Key(key), std::any(std::forward<V>(value)))));
}

// A context with the values of `parent`, but without its deadline, and never cancelled with it:
// for what is to be finished after the request that asked for it.
Context WithoutCancel(const Context& parent);

// What AfterFunc returns: true when it kept the callback from running.
class StopFunc {
 public:
  explicit StopFunc(internal::AfterRef after) : after_(std::move(after)) {}
  bool operator()() const;

 private:
  internal::AfterRef after_;
};

// Runs `callback` in a goroutine of its own once `ctx` is cancelled.
StopFunc AfterFunc(const Context& ctx, Spawned callback);

}  // namespace gordian

#endif  // GORDIAN_CONTEXT_H_
