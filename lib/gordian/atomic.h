// Atomics: Go's sync/atomic.
//
//   gordian::Atomic<int> hits{0};
//   hits.Add(1);
//   gordian::AtomicValue<Config> config;
//   config.Store(Load("server.conf"));
//
// Every operation is sequentially consistent. Atomic<T> is for integers, booleans, enumerations,
// pointers and other small trivially copyable types; AtomicValue<T> for any copyable one.
//
// Locking   Atomic: none; while it is recorded a spin lock, so that a load names the store it
//           has seen. AtomicValue: a spin lock for a pointer's copy.
// Cost      Atomic: that of std::atomic. AtomicValue: an allocation for each Store.
#ifndef GORDIAN_ATOMIC_H_
#define GORDIAN_ATOMIC_H_

#include <atomic>
#include <concepts>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gordian/internal/versioned.h"
#include "instrument/schedule/point.h"

namespace gordian {

template <typename T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T>, "use AtomicValue");
  static_assert(std::atomic<T>::is_always_lock_free, "use AtomicValue");

 public:
  constexpr Atomic(std::source_location made_at = std::source_location::current())  // NOLINT
      : value_(T()), versioned_(made_at) {}
  constexpr explicit Atomic(T value, std::source_location made_at = std::source_location::current())
      : value_(value), versioned_(made_at) {}
  constexpr Atomic(T value, std::string_view name,
                   std::source_location made_at = std::source_location::current())
      : value_(value), versioned_(name, made_at) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T Load(std::source_location where = std::source_location::current()) const {
    schedule::Point(schedule::Op::kLoad, this);
    if (!recorder::On()) [[likely]]
      return value_.load();
    return versioned_.Load(where, [this] { return value_.load(); });
  }

  void Store(T value, std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kStore, this);
    if (!recorder::On()) [[likely]]
      return value_.store(value);
    versioned_.Change(trace::EventType::kAtomicStore, where, [&] {
      value_.store(value);
      return 0;
    });
  }

  // The value that it had.
  T Swap(T value, std::source_location where = std::source_location::current()) {
    return Modify(where, [&] { return value_.exchange(value); });
  }

  // The new value, as in Go.
  T Add(T delta, std::source_location where = std::source_location::current())
    requires std::integral<T> && (!std::same_as<T, bool>)
  {
    return Modify(where, [&] { return static_cast<T>(value_.fetch_add(delta) + delta); });
  }

  // Sets it to `desired` if it is `expected`; says whether it was.
  bool CompareAndSwap(T expected, T desired,
                      std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kRmw, this);
    const auto step = [&] {
      T seen = expected;
      return value_.compare_exchange_strong(seen, desired);
    };
    return recorder::On() ? versioned_.Swap(where, step) : step();
  }

  void SetName(std::string_view name) { versioned_.SetName(name); }

 private:
  template <typename Step>
  T Modify(const std::source_location& where, Step step) {
    schedule::Point(schedule::Op::kRmw, this);
    if (!recorder::On()) [[likely]]
      return step();
    return versioned_.Change(trace::EventType::kAtomicRmw, where, step);
  }

  std::atomic<T> value_;
  mutable internal::Versioned versioned_;
};

// A value of any copyable type, read and replaced as a whole; empty until the first Store.
template <typename T>
class AtomicValue {
 public:
  AtomicValue(std::source_location made_at = std::source_location::current())  // NOLINT
      : versioned_(made_at) {}
  explicit AtomicValue(std::string_view name,
                       std::source_location made_at = std::source_location::current())
      : versioned_(name, made_at) {}
  AtomicValue(const AtomicValue&) = delete;
  AtomicValue& operator=(const AtomicValue&) = delete;

  std::optional<T> Load(std::source_location where = std::source_location::current()) const {
    schedule::Point(schedule::Op::kLoad, this);
    return *versioned_.Load(where, [this] { return Get(); });
  }

  void Store(T value, std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kStore, this);
    versioned_.Change(internal::StoreOfObject(), where,
                      [this, fresh = New(std::move(value))] { return Exchange(fresh); });
  }

  // The value that it had.
  std::optional<T> Swap(T value, std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kRmw, this);
    return *versioned_.Change(trace::EventType::kAtomicRmw, where,
                              [this, fresh = New(std::move(value))] { return Exchange(fresh); });
  }

  // Sets it to `desired` if it holds `expected`; says whether it did.
  bool CompareAndSwap(const T& expected, T desired,
                      std::source_location where = std::source_location::current())
    requires std::equality_comparable<T>
  {
    schedule::Point(schedule::Op::kRmw, this);
    return versioned_.Swap(where, [&, fresh = New(std::move(desired))] {
      for (;;) {
        const Stored seen = Get();
        if (*seen != expected) return false;
        if (ExchangeIf(seen, fresh)) return true;
      }
    });
  }

  void SetName(std::string_view name) { versioned_.SetName(name); }

 private:
  using Stored = std::shared_ptr<const std::optional<T>>;

  static Stored New(T value) { return std::make_shared<const std::optional<T>>(std::move(value)); }

  Stored Get() const {
    const recorder::UnseenAccesses unseen;
    lock_.Lock();
    Stored stored = stored_;
    lock_.Unlock();
    return stored;
  }
  // The old value goes to the caller, who destroys it outside of all locks.
  Stored Exchange(Stored fresh) {
    const recorder::UnseenAccesses unseen;
    lock_.Lock();
    stored_.swap(fresh);
    lock_.Unlock();
    return fresh;
  }
  bool ExchangeIf(const Stored& seen, Stored fresh) {
    const recorder::UnseenAccesses unseen;
    lock_.Lock();
    const bool same = stored_ == seen;
    if (same) stored_.swap(fresh);
    lock_.Unlock();
    return same;
  }

  mutable internal::SpinLock lock_;
  Stored stored_ = std::make_shared<const std::optional<T>>();
  mutable internal::Versioned versioned_;
};

}  // namespace gordian

#endif  // GORDIAN_ATOMIC_H_
