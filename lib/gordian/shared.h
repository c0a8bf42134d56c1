// A variable that several tasks share without a lock, so that their accesses are seen.
//
//   gordian::Shared<int> balance{100, "balance"};
//   balance = balance + 1;                 // a read and a write: two tasks may lose one
//
// For programs that are not compiled with the pass. The value itself is guarded, so a
// race in the program is a finding and not undefined behaviour; nothing else is promised: an
// increment is a read and then a write, as on a plain variable.
//
// Locking   a spin lock for each copy of the value. T's copies must not use gordian themselves.
// Cost      a copy of T; while recording one event of one word.
#ifndef GORDIAN_SHARED_H_
#define GORDIAN_SHARED_H_

#include <concepts>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gordian/internal/call_site.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {

template <typename T>
class Shared {
  // What is assigned, and the place that wrote it.
  struct Located {
    template <std::convertible_to<T> U = T>
    Located(U&& from, std::source_location at = std::source_location::current())  // NOLINT
        : value(std::forward<U>(from)), where(at) {}
    T value;
    std::source_location where;
  };

 public:
  constexpr Shared(std::source_location made_at = std::source_location::current())  // NOLINT
      : value_(), origin_(made_at) {}
  constexpr explicit Shared(T value, std::source_location made_at = std::source_location::current())
      : value_(std::move(value)), origin_(made_at) {}
  Shared(T value, std::string_view name,
         std::source_location made_at = std::source_location::current())
      : value_(std::move(value)), origin_(name, made_at) {}
  ~Shared() { origin_.End(); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T Read(std::source_location where = std::source_location::current()) const {
    return ReadAt(where);
  }
  void Write(T value, std::source_location where = std::source_location::current()) {
    WriteAt(std::move(value), where);
  }

  // The same, as if it were a plain variable.
  [[gnu::noinline]] operator T() const {  // NOLINT: implicit
    return ReadAt(Caller(__builtin_frame_address(0)));
  }
  Shared& operator=(Located value) {
    WriteAt(std::move(value.value), value.where);
    return *this;
  }
  Shared& operator+=(Located by)
    requires requires(T& left, T right) { left += right; }
  {
    T value = ReadAt(by.where);
    value += by.value;
    WriteAt(std::move(value), by.where);
    return *this;
  }
  Shared& operator-=(Located by)
    requires requires(T& left, T right) { left -= right; }
  {
    T value = ReadAt(by.where);
    value -= by.value;
    WriteAt(std::move(value), by.where);
    return *this;
  }
  [[gnu::noinline]] T operator++()
    requires requires(T& value) { ++value; }
  {
    const internal::CallSite where = Caller(__builtin_frame_address(0));
    T value = ReadAt(where);
    ++value;
    WriteAt(value, where);
    return value;
  }
  [[gnu::noinline]] T operator++(int)
    requires requires(T& value) { ++value; }
  {
    const internal::CallSite where = Caller(__builtin_frame_address(0));
    const T before = ReadAt(where);
    T value = before;
    ++value;
    WriteAt(std::move(value), where);
    return before;
  }
  [[gnu::noinline]] T operator--()
    requires requires(T& value) { --value; }
  {
    const internal::CallSite where = Caller(__builtin_frame_address(0));
    T value = ReadAt(where);
    --value;
    WriteAt(value, where);
    return value;
  }

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  class Guard {
   public:
    explicit Guard(internal::SpinLock& lock) : lock_(lock) { lock_.Lock(); }
    ~Guard() { lock_.Unlock(); }

   private:
    internal::SpinLock& lock_;
    const recorder::UnseenAccesses unseen_;  // the accesses are recorded as such
  };

  // An operator has no room for a std::source_location: it gives its own frame.
  static internal::CallSite Caller(const void* frame) { return internal::CallSite::Above(frame); }

  T ReadAt(const internal::CallSite& where) const {
    schedule::Point(schedule::Op::kRead, this);
    Record(trace::EventType::kRead, where);
    const Guard guard(lock_);
    return value_;
  }
  void WriteAt(T value, const internal::CallSite& where) {
    schedule::Point(schedule::Op::kWrite, this);
    Record(trace::EventType::kWrite, where);
    const Guard guard(lock_);
    std::swap(value_, value);  // the old value is destroyed outside of the guard
  }
  void Record(trace::EventType type, const internal::CallSite& where) const {
    if (recorder::ThreadLog* log = internal::Recording()) [[unlikely]] {
      const recorder::Tracked& object = origin_.In(*log, trace::ObjectKind::kVariable, sizeof(T));
      recorder::Local(*log, type, object.id.load(std::memory_order_relaxed), where.In(*log));
    }
  }

  mutable internal::SpinLock lock_;
  T value_;
  mutable internal::Origin origin_;
};

}  // namespace gordian

#endif  // GORDIAN_SHARED_H_
