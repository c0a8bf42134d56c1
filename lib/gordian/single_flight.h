// Work that many ask for at once and that is done once: Go's singleflight.
//
//   gordian::SingleFlight<std::string, Page> flight;
//   auto got = flight.Do(url, [&] { return Fetch(url); });   // joins a Fetch under way
//   if (got.value.ok()) Show(*got.value, got.shared);
//
// Only calls that overlap share: once the function has returned, the next Do runs its own.
//
// Locking   a Mutex for the table; no function runs under it.
// Limits    an exception that leaves the function is thrown by every Do that shares the call; where
//           somebody waits on a channel it ends the program, as one that leaves a goroutine. A
//           function that asks for its own key waits for itself. V is copied to each caller.
//           The SingleFlight must outlive its calls.
// Cost      a table look-up under a Mutex, one allocation for each call that runs.
// Happens-before  the function's return → the return of every Do, and the receive, that shares it.
#ifndef GORDIAN_SINGLE_FLIGHT_H_
#define GORDIAN_SINGLE_FLIGHT_H_

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gordian/chan.h"
#include "gordian/internal/scheduler.h"
#include "gordian/mutex.h"
#include "gordian/wait_group.h"

namespace gordian {

template <typename K, typename V, typename Hash = std::hash<K>>
class SingleFlight {
 public:
  using Function = absl::AnyInvocable<absl::StatusOr<V>()>;

  struct Result {
    absl::StatusOr<V> value;
    bool shared = false;  // others got it too
  };

  explicit SingleFlight(std::string_view name = {},
                        std::source_location at = std::source_location::current())
      : mu_(name, at), name_(name) {}
  SingleFlight(const SingleFlight&) = delete;
  SingleFlight& operator=(const SingleFlight&) = delete;

  // What `function` returns, here or in the call for `key` that is under way.
  Result Do(const K& key, Function function,
            const std::source_location& at = std::source_location::current()) {
    auto [call, first] = Join(key, Chan<Result>(), at);
    if (first) {
      Run(key, *call, std::move(function), at);
    } else {
      call->done.Wait(at);
    }
    if (call->thrown != nullptr) std::rethrow_exception(call->thrown);
    return {call->value, first ? call->sharers > 0 : true};
  }

  // The same through a channel, which gets the one result and is not closed.
  RecvChan<Result> DoChan(const K& key, Function function,
                          const std::source_location& at = std::source_location::current()) {
    Chan<Result> results(1, name_, at);
    auto [call, first] = Join(key, results, at);
    if (first) {
      internal::Spawn([this, key, call = call, function = std::move(function),
                       at]() mutable { Run(key, *call, std::move(function), at); },
                      name_, at);
    }
    return results;
  }

  // The next Do of `key` runs its own function, also where one is under way.
  void Forget(const K& key, const std::source_location& at = std::source_location::current()) {
    mu_.Lock(at);
    calls_.erase(key);
    mu_.Unlock(at);
  }

  void SetName(std::string_view name) {
    name_ = name;
    mu_.SetName(name);
  }

 private:
  struct Call {
    Call(std::string_view name, const std::source_location& at) : done(name, at) {}

    WaitGroup done;
    absl::StatusOr<V> value;  // these two are written before `done`
    std::exception_ptr thrown;
    int sharers = 0;                        // under mu_ while it is in the table
    std::vector<Chan<Result>> subscribers;  // as `sharers`
  };

  // The call under way, or a new one that the caller is to run.
  std::pair<std::shared_ptr<Call>, bool> Join(const K& key, Chan<Result> subscriber,
                                              const std::source_location& at) {
    mu_.Lock(at);
    std::shared_ptr<Call>& entry = calls_[key];
    const bool first = entry == nullptr;
    if (first) {
      entry = std::make_shared<Call>(name_, at);
      entry->done.Add(1, at);
    } else {
      ++entry->sharers;
    }
    if (subscriber != nullptr) entry->subscribers.push_back(std::move(subscriber));
    std::shared_ptr<Call> call = entry;
    mu_.Unlock(at);
    return {std::move(call), first};
  }

  void Run(const K& key, Call& call, Function function, const std::source_location& at) {
    try {
      call.value = function();
    } catch (...) {
      call.thrown = std::current_exception();
    }
    mu_.Lock(at);
    if (const auto entry = calls_.find(key);
        entry != calls_.end() && entry->second.get() == &call) {
      calls_.erase(entry);
    }
    const bool shared = call.sharers > 0;
    mu_.Unlock(at);
    call.done.Done(at);
    // Where the function threw, the program ends: nobody is handed a value on the way.
    if (call.thrown != nullptr) {
      if (!call.subscribers.empty()) Escape(call.thrown, at);
      return;
    }
    for (const Chan<Result>& subscriber : call.subscribers) {
      subscriber.Send({call.value, shared}, at);
    }
  }

  // In a goroutine of its own, so that nobody catches it on the way.
  static void Escape(std::exception_ptr thrown, const std::source_location& at) {
    internal::Spawn([thrown] { std::rethrow_exception(thrown); }, {}, at);
  }

  Mutex mu_;
  std::unordered_map<K, std::shared_ptr<Call>, Hash> calls_;  // under mu_
  std::string name_;
};

}  // namespace gordian

#endif  // GORDIAN_SINGLE_FLIGHT_H_
