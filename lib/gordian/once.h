// Doing something exactly once: Go's sync.Once, OnceFunc and OnceValue.
//
//   gordian::Once once;
//   once.Do([&] { table = Load(); });   // later calls wait for it, then do nothing
//   auto config = gordian::OnceValue([] { return Read(); });
//   Use(config());
//
// Locking   itself. When Do returns, the function has returned, whoever ran it.
// Limits    one function runs, whatever later calls pass; one that throws counts as done. Do called
//           from within its own function panics: it would wait for itself.
// Cost      a load, once it is done.
#ifndef GORDIAN_ONCE_H_
#define GORDIAN_ONCE_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {

class Once {
 public:
  constexpr Once(std::source_location at = std::source_location::current())  // NOLINT: implicit
      : origin_(at) {}
  constexpr explicit Once(std::string_view name,
                          std::source_location at = std::source_location::current())
      : origin_(name, at) {}
  ~Once() { origin_.End(); }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  template <typename F>
  void Do(F&& f, std::source_location at = std::source_location::current()) {
    schedule::Point(schedule::Op::kOnce, this);
    if (state_.load(std::memory_order_acquire) == kDone) [[likely]] {
      if (recorder::On()) [[unlikely]]
        RecordSeen(at);
      return;
    }
    if (!Begin(at)) return;
    const Ender ender{this, at};
    std::forward<F>(f)();
  }

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  enum : std::uint32_t { kNew, kRunning, kDone };
  struct Ender {
    Once* once;
    std::source_location at;
    ~Ender() { once->End(at); }
  };

  bool Begin(const std::source_location& at);  // true: the caller is to run its function
  void End(const std::source_location& at);
  void RecordSeen(const std::source_location& at);

  std::atomic<std::uint32_t> state_{kNew};
  internal::SpinLock lock_;
  internal::Task* runner_ = nullptr;  // under lock_, while running
  internal::WaiterQueue queue_;       // under lock_
  internal::Origin origin_;
};

namespace internal {
struct NoValue {};

// What the copies of an OnceFunc or OnceValue share.
template <typename F, typename R>
struct OnceState {
  OnceState(F f, std::string_view name, const std::source_location& at)
      : once(name, at), function(std::move(f)) {}

  void Run(const std::source_location& at) {
    once.Do(
        [this] {
          try {
            if constexpr (std::is_same_v<R, NoValue>) {
              (*function)();
            } else {
              value.emplace((*function)());
            }
          } catch (...) {
            thrown = std::current_exception();
          }
          function.reset();
        },
        at);
    if (thrown != nullptr) std::rethrow_exception(thrown);
  }

  Once once;
  std::optional<F> function;
  std::optional<R> value;
  std::exception_ptr thrown;
};
}  // namespace internal

// A copyable function that runs `f` at its first call. When `f` throws, every call throws that.
template <typename F>
auto OnceFunc(F f, std::string_view name = {},
              std::source_location at = std::source_location::current()) {
  auto state = std::make_shared<internal::OnceState<F, internal::NoValue>>(std::move(f), name, at);
  return [state, at] { state->Run(at); };
}

// The same for a function that returns a value: every call returns a reference to it.
template <typename F>
auto OnceValue(F f, std::string_view name = {},
               std::source_location at = std::source_location::current()) {
  using R = std::decay_t<std::invoke_result_t<F&>>;
  auto state = std::make_shared<internal::OnceState<F, R>>(std::move(f), name, at);
  return [state, at]() -> const R& {
    state->Run(at);
    return *state->value;
  };
}

}  // namespace gordian

#endif  // GORDIAN_ONCE_H_
