// The definition behind ours: the C library's, or that of whoever comes after us.
//
//   constinit Next<int(pthread_mutex_t*)> g_next_lock{"pthread_mutex_lock"};
//   … g_next_lock(mutex) …
//
// Resolved at the first call, which may come before any constructor of ours. A definition with
// a version of its own (the condition variables have two generations) is asked for by that version.
// Cost      one load and an indirect call.
// Locking   none; racing threads resolve the same address.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_NEXT_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_NEXT_H_

#include <atomic>

namespace gordian::interpose {

// The definition of `name` after ours, or nullptr. `version` may be nullptr.
void* FindNext(const char* name, const char* version);

template <typename Signature>
class Next;

template <typename Result, typename... Arguments>
class Next<Result(Arguments...)> {
 public:
  using Function = Result (*)(Arguments...);

  constexpr explicit Next(const char* name, const char* version = nullptr)
      : name_(name), version_(version) {}

  Result operator()(Arguments... arguments) { return Get()(arguments...); }

  // nullptr where there is none.
  Function Get() {
    Function function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
      function = reinterpret_cast<Function>(FindNext(name_, version_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function;
  }

 private:
  const char* name_;
  const char* version_;
  std::atomic<Function> function_{nullptr};
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_NEXT_H_
