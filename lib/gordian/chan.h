// Channels: Go's `chan T`.
//
//   gordian::Chan<int> numbers(0);                 // unbuffered; Chan<int>(8) holds eight
//   gordian::Go([numbers] {
//     for (int i = 0; i < 3; ++i) numbers.Send(i);
//     numbers.Close();
//   });
//   for (int n : numbers) std::cout << n << '\n';  // until it is closed and empty
//
// Chan, SendChan and RecvChan are counted handles of one channel: copying one makes no second
// channel, and every operation is const. A Chan converts to either direction, never back.
// Default-constructed handles are nil: sending to and receiving from them blocks for ever.
//
// Limits    Panics: send on a closed channel, close of a closed or nil one. Elements are movable;
//           their move constructors and destructors must not use gordian.
// Locking   one short spin lock per channel; works from goroutines and plain threads alike.
// Cost      nothing is allocated after construction (except for an element type whose move may
//           throw: that is boxed). Chan<Unit>, like any empty type, takes no memory per element.
// Happens-before  a send before its receive; the k-th receive before send k + capacity; with
//           capacity 0 the receive before the send completes; close before a receive that sees it.
#ifndef GORDIAN_CHAN_H_
#define GORDIAN_CHAN_H_

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gordian/internal/chan_core.h"

namespace gordian {

// The element of a channel that only tells *that* something happened: Go's `struct{}`.
struct Unit {
  friend bool operator==(Unit, Unit) = default;
};

namespace internal {

// How a T lies in a channel: as itself where moving it cannot throw, else in a box.
template <typename T>
inline constexpr bool kBoxed = !std::is_nothrow_move_constructible_v<T>;
template <typename T>
using Element = std::conditional_t<kBoxed<T>, std::unique_ptr<T>, T>;

template <typename E>
inline constexpr bool kIsEmptyElement = std::is_empty_v<E> && std::is_trivial_v<E>;

template <typename E>
inline constexpr ElementType kElementType = {
    .size = kIsEmptyElement<E> ? 0 : sizeof(E),
    .align = alignof(E),
    .move =
        std::is_trivially_copyable_v<E>
            ? nullptr
            : +[](void* to, void* from) noexcept { new (to) E(std::move(*static_cast<E*>(from))); },
    .destroy = std::is_trivially_destructible_v<E>
                   ? nullptr
                   : +[](void* element) noexcept { static_cast<E*>(element)->~E(); },
};

// Room for one received element.
template <typename T>
class Arrival {
 public:
  void* place() { return bytes_; }

  // The element, once it has arrived; at most once.
  T Take() {
    using E = Element<T>;
    if constexpr (kIsEmptyElement<E>) {
      return T{};
    } else {
      E* element = std::launder(reinterpret_cast<E*>(bytes_));
      const Ender ender{element};
      if constexpr (kBoxed<T>) {
        return std::move(**element);
      } else {
        return std::move(*element);
      }
    }
  }

 private:
  struct Ender {
    Element<T>* element;
    ~Ender() { std::destroy_at(element); }
  };
  alignas(Element<T>) std::byte bytes_[sizeof(Element<T>)];
};

// A counted handle of a channel, whatever its type and direction.
class ChanHandle {
 public:
  ChanHandle() = default;
  ChanHandle(const ChanHandle& other) : core_(other.core_) {
    if (core_ != nullptr) core_->AddHandle();
  }
  ChanHandle(ChanHandle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  ChanHandle& operator=(ChanHandle other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~ChanHandle() {
    if (core_ != nullptr) core_->DropHandle();
  }

  explicit operator bool() const { return core_ != nullptr; }
  // Whether both are the same channel, or both nil.
  friend bool operator==(const ChanHandle& a, const ChanHandle& b) { return a.core_ == b.core_; }
  friend bool operator==(const ChanHandle& a, std::nullptr_t) { return a.core_ == nullptr; }

  // How many elements wait in the buffer, and for how many there is room in all; 0 for nil.
  std::size_t Len(const std::source_location& where = std::source_location::current()) const {
    return ChanCore::Len(core_, where);
  }
  std::size_t Cap() const { return ChanCore::Cap(core_); }

  void SetName(std::string_view name) const {
    if (core_ != nullptr) core_->SetName(name);
  }

  ChanCore* core() const { return core_; }

 protected:
  explicit ChanHandle(ChanCore* owned) : core_(owned) {}

 private:
  ChanCore* core_ = nullptr;
};

template <typename T>
void SendTo(ChanCore* core, T& value, const std::source_location& where) {
  if constexpr (kBoxed<T>) {
    Element<T> box = std::make_unique<T>(std::move(value));
    ChanCore::Send(core, &box, where);
  } else {
    ChanCore::Send(core, &value, where);
  }
}

template <typename T>
std::optional<T> RecvFrom(ChanCore* core, const std::source_location& where) {
  Arrival<T> arrival;
  if (!ChanCore::Recv(core, arrival.place(), where)) return std::nullopt;
  return arrival.Take();
}

// What `for (T value : channel)` runs over: each step receives.
template <typename T>
class ChanIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = T*;
  using reference = T&&;

  ChanIterator(ChanCore* core, const std::source_location& where) : core_(core), where_(where) {
    ++*this;
  }
  T&& operator*() { return std::move(*value_); }
  ChanIterator& operator++() {
    value_.reset();
    if (std::optional<T> next = RecvFrom<T>(core_, where_)) value_.emplace(*std::move(next));
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const ChanIterator& it, std::default_sentinel_t) {
    return !it.value_.has_value();
  }

 private:
  ChanCore* core_;
  std::source_location where_;
  std::optional<T> value_;
};

}  // namespace internal

// The end of a channel that sends: Go's `chan<- T`.
template <typename T>
class SendChan : public internal::ChanHandle {
 public:
  using value_type = T;

  SendChan() = default;

  // Blocks until a receiver or the buffer has taken `value`.
  void Send(T value, const std::source_location& where = std::source_location::current()) const {
    internal::SendTo(core(), value, where);
  }
  // No more values will come: receivers get what is buffered, then nothing.
  void Close(const std::source_location& where = std::source_location::current()) const {
    internal::ChanCore::Close(core(), where);
  }

 private:
  template <typename U>
  friend class Chan;
  explicit SendChan(const ChanHandle& handle) : ChanHandle(handle) {}
};

// The end of a channel that receives: Go's `<-chan T`.
template <typename T>
class RecvChan : public internal::ChanHandle {
 public:
  using value_type = T;

  RecvChan() = default;

  // Blocks until there is a value; nothing once the channel is closed and empty.
  std::optional<T> Recv(const std::source_location& where = std::source_location::current()) const {
    return internal::RecvFrom<T>(core(), where);
  }
  internal::ChanIterator<T> begin(
      const std::source_location& where = std::source_location::current()) const {
    return {core(), where};
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  template <typename U>
  friend class Chan;
  explicit RecvChan(const ChanHandle& handle) : ChanHandle(handle) {}
};

// Both ends of a channel: Go's `chan T`.
template <typename T>
class Chan : public internal::ChanHandle {
 public:
  using value_type = T;
  static_assert(std::is_object_v<T> && !std::is_const_v<T>);
  static_assert(std::is_move_constructible_v<T>, "a channel's elements must be movable");

  Chan() = default;  // nil

  // A new channel that holds `capacity` elements. Panics where that is negative or too much.
  template <std::integral Count>
  explicit Chan(Count capacity, std::string_view name = {},
                const std::source_location& made_at = std::source_location::current())
      : ChanHandle(internal::ChanCore::Make(static_cast<std::size_t>(capacity),
                                            internal::kElementType<internal::Element<T>>, name,
                                            made_at)) {}

  operator SendChan<T>() const { return SendChan<T>(static_cast<const ChanHandle&>(*this)); }
  operator RecvChan<T>() const { return RecvChan<T>(static_cast<const ChanHandle&>(*this)); }

  // As in SendChan and RecvChan.
  void Send(T value, const std::source_location& where = std::source_location::current()) const {
    internal::SendTo(core(), value, where);
  }
  void Close(const std::source_location& where = std::source_location::current()) const {
    internal::ChanCore::Close(core(), where);
  }
  std::optional<T> Recv(const std::source_location& where = std::source_location::current()) const {
    return internal::RecvFrom<T>(core(), where);
  }
  internal::ChanIterator<T> begin(
      const std::source_location& where = std::source_location::current()) const {
    return {core(), where};
  }
  std::default_sentinel_t end() const { return {}; }
};

}  // namespace gordian

#endif  // GORDIAN_CHAN_H_
