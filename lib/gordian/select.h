// Select: wait for several channel operations at once, and do one of them.
//
//   const int taken = gordian::Select(
//       gordian::Recv(numbers, [](std::optional<int> n) { … }),  // nothing: it was closed
//       gordian::Send(results, 42, [] { … }),
//       gordian::Default([] { … }));                             // when nothing else is ready
//
// Returns the position of the case taken. Where several are ready each is taken with the
// same probability. The callable is optional; it runs after the choice is made, holds
// nothing, and may block or select again. A case of a nil channel is never ready.
//
// Limits   A case belongs to the Select it is written in. A value given to Send as an rvalue is
//          moved from only when its case is taken.
// Locking  all channels of the cases at once, in order of address, for the poll.
// Cost     no allocation; linear in the number of cases.
#ifndef GORDIAN_SELECT_H_
#define GORDIAN_SELECT_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gordian/chan.h"
#include "gordian/internal/select_core.h"
#include "instrument/schedule/point.h"

namespace gordian {
namespace internal {

struct Nothing {};

template <typename Callable>
void CallAfterSend(Callable& callable) {
  if constexpr (!std::same_as<std::remove_cvref_t<Callable>, Nothing>) std::invoke(callable);
}

// A case's callable may leave out the parameter that it does not need.
template <typename Callable, typename T>
void CallAfterRecv(Callable& callable, std::optional<T> value) {
  using Plain = std::remove_cvref_t<Callable>;
  if constexpr (std::same_as<Plain, Nothing>) {
    // The value is dropped.
  } else if constexpr (std::invocable<Callable&, std::optional<T>>) {
    std::invoke(callable, std::move(value));
  } else {
    static_assert(std::invocable<Callable&>,
                  "the callable of Recv takes a std::optional of the element, or nothing");
    std::invoke(callable);
  }
}

template <typename T, typename Callable>
class [[nodiscard]] RecvCase {
 public:
  static constexpr bool kIsDefault = false;

  RecvCase(ChanCore* core, Callable&& callable, const std::source_location& where)
      : core_(core), callable_(std::forward<Callable>(callable)), where_(where) {}
  RecvCase(const RecvCase&) = delete;

  const std::source_location& where() const { return where_; }
  bool MayBeReady() const { return core_ != nullptr && core_->MayRecv(); }
  bool IsOnRecord() const { return core_ != nullptr && internal::IsOnRecord(*core_, where_); }
  void Fill(SelectCase& out) {
    out.core = core_;
    out.element = arrival_.place();
    out.where = where_;
  }
  void NotTaken() {}
  void Run(const Selected& selected) {
    std::optional<T> value;
    if (selected.received) value.emplace(arrival_.Take());
    CallAfterRecv<Callable, T>(callable_, std::move(value));
  }

 private:
  ChanCore* core_;
  Callable&& callable_;
  std::source_location where_;
  Arrival<T> arrival_;
};

// `Value` is T, made from what was given, or T&&, what was given itself.
template <typename T, typename Value, typename Callable>
class [[nodiscard]] SendCase {
 public:
  static constexpr bool kIsDefault = false;

  template <typename Given>
  SendCase(ChanCore* core, Given&& value, Callable&& callable, const std::source_location& where)
      : core_(core),
        value_(std::forward<Given>(value)),
        callable_(std::forward<Callable>(callable)),
        where_(where) {}
  SendCase(const SendCase&) = delete;

  const std::source_location& where() const { return where_; }
  bool MayBeReady() const { return core_ != nullptr && core_->MaySend(); }
  bool IsOnRecord() const { return core_ != nullptr && internal::IsOnRecord(*core_, where_); }
  void Fill(SelectCase& out) {
    out.core = core_;
    out.is_send = true;
    out.where = where_;
    if constexpr (kBoxed<T>) {
      box_ = std::make_unique<T>(std::move(value_));
      out.element = &box_;
    } else {
      out.element = std::addressof(value_);
    }
  }
  // What was put into a box goes back to who gave it.
  void NotTaken() {
    if constexpr (kBoxed<T> && std::is_reference_v<Value> && std::is_move_assignable_v<T>) {
      value_ = std::move(*box_);
    }
  }
  void Run(const Selected&) { CallAfterSend(callable_); }

 private:
  ChanCore* core_;
  Value value_;
  [[no_unique_address]] std::conditional_t<kBoxed<T>, Element<T>, Nothing> box_;
  Callable&& callable_;
  std::source_location where_;
};

template <typename Callable>
class [[nodiscard]] DefaultCase {
 public:
  static constexpr bool kIsDefault = true;

  DefaultCase(Callable&& callable, const std::source_location& where)
      : callable_(std::forward<Callable>(callable)), where_(where) {}
  DefaultCase(const DefaultCase&) = delete;

  const std::source_location& where() const { return where_; }
  bool MayBeReady() const { return false; }
  bool IsOnRecord() const { return true; }
  void NotTaken() {}
  void Run(const Selected&) { CallAfterSend(callable_); }

 private:
  Callable&& callable_;
  std::source_location where_;
};

template <typename Channel>
concept Sendable = std::convertible_to<const Channel&, SendChan<typename Channel::value_type>>;
template <typename Channel>
concept Receivable = std::convertible_to<const Channel&, RecvChan<typename Channel::value_type>>;

inline constexpr Nothing kNothing;

// A single case and a default: whether, at a glance, the default is it. Where several cases stand
// beside a default they must be seen at one moment, so that takes their locks.
template <typename... Cases>
bool IsDefaultTaken(const Cases&... cases) {
  if (schedule::AttentionWanted()) [[unlikely]]
    return false;
  if ((cases.MayBeReady() || ...)) return false;
  return !recorder::On() || (cases.IsOnRecord() && ...);
}

// Runs the default's callable; returns its position.
template <typename... Cases>
int RunDefault(Cases&... cases) {
  int position = 0;
  int taken = 0;
  const auto run = [&](auto& each) {
    if constexpr (std::remove_cvref_t<decltype(each)>::kIsDefault) {
      taken = position;
      each.Run({1, false});
    }
    ++position;
  };
  (run(cases), ...);
  return taken;
}

}  // namespace internal

// A case that receives from `channel`.
template <internal::Receivable Channel, typename Callable = const internal::Nothing&>
auto Recv(const Channel& channel [[clang::lifetimebound]],
          Callable&& callable [[clang::lifetimebound]] = internal::kNothing,
          const std::source_location& where = std::source_location::current()) {
  return internal::RecvCase<typename Channel::value_type, Callable>(
      channel.core(), std::forward<Callable>(callable), where);
}

// A case that sends `value` to `channel`.
template <internal::Sendable Channel, typename Given, typename Callable = const internal::Nothing&>
  requires std::convertible_to<Given&&, typename Channel::value_type>
auto Send(const Channel& channel [[clang::lifetimebound]], Given&& value [[clang::lifetimebound]],
          Callable&& callable [[clang::lifetimebound]] = internal::kNothing,
          const std::source_location& where = std::source_location::current()) {
  using T = typename Channel::value_type;
  using Value = std::conditional_t<std::same_as<Given&&, T&&>, T&&, T>;
  return internal::SendCase<T, Value, Callable>(channel.core(), std::forward<Given>(value),
                                                std::forward<Callable>(callable), where);
}

// What is done when no case is ready.
template <typename Callable = const internal::Nothing&>
auto Default(Callable&& callable [[clang::lifetimebound]] = internal::kNothing,
             const std::source_location& where = std::source_location::current()) {
  return internal::DefaultCase<Callable>(std::forward<Callable>(callable), where);
}

// Does one of the cases, and returns its position. At most one of them is a Default.
template <typename... Cases>
  requires(sizeof...(Cases) > 0)
int Select(Cases&&... cases) {
  constexpr std::size_t kDefaults = (0 + ... + std::size_t{Cases::kIsDefault});
  static_assert(kDefaults <= 1, "a Select has at most one Default");
  constexpr std::size_t kCount = sizeof...(Cases) - kDefaults;
  if constexpr (kDefaults == 1 && kCount == 1) {
    if (internal::IsDefaultTaken(cases...)) return internal::RunDefault(cases...);
  }

  std::array<internal::SelectCase, kCount> cores;
  std::array<internal::SelectCase*, kCount> order;
  std::size_t filled = 0;
  const auto fill = [&](auto& each) {
    if constexpr (!std::remove_cvref_t<decltype(each)>::kIsDefault) each.Fill(cores[filled++]);
  };
  (fill(cases), ...);
  const std::source_location& where = std::get<0>(std::tie(cases...)).where();
  const internal::Selected selected =
      internal::Selection(cores, order, kDefaults == 1, where).Run();

  int taken = 0;
  int position = 0;
  std::size_t index = 0;
  const auto settle = [&](auto& each) {
    const std::size_t own = std::remove_cvref_t<decltype(each)>::kIsDefault ? kCount : index++;
    if (own == selected.index) taken = position;
    if (own != selected.index) each.NotTaken();
    ++position;
  };
  (settle(cases), ...);
  int next = 0;
  const auto run = [&](auto& each) {
    if (next++ == taken) each.Run(selected);
  };
  (run(cases), ...);
  return taken;
}

// Without cases it blocks for ever, as in Go.
inline int Select(const std::source_location& where = std::source_location::current()) {
  internal::Selection({}, {}, false, where).Run();
  return 0;
}

}  // namespace gordian

#endif  // GORDIAN_SELECT_H_
