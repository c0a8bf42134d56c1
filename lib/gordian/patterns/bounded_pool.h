// A pool of things that are costly to have: at most so many, made when first needed, and lent.
//
//   gordian::BoundedPool<Connection> connections(10, [] { return Dial(); });
//   auto lease = connections.Get(ctx);         // waits for one to come back
//   if (!lease.ok()) return lease.status();    // cancelled meanwhile
//   (*lease)->Query(…);
//   // back when the lease ends
//
// gordian::Pool is for the opposite: things cheap to throw away, any number of them.
//
// Locking   a channel that holds what is not lent.
// Limits    the pool must outlive its leases. The maker runs in who asks; where it throws, the
//           place is free again.
// Cost      a channel operation for each Get and return.
#ifndef GORDIAN_PATTERNS_BOUNDED_POOL_H_
#define GORDIAN_PATTERNS_BOUNDED_POOL_H_

#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gordian/chan.h"
#include "gordian/patterns/until.h"

namespace gordian {

template <typename T>
class BoundedPool {
 public:
  // A thing on loan.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)),
          thing_(std::move(other.thing_)),
          at_(other.at_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->free_.Send(std::move(thing_), at_);
    }

    T& operator*() const { return *thing_; }
    T* operator->() const { return thing_.get(); }

    // It is broken: the next one who asks has a new one made.
    void Discard() { thing_.reset(); }

   private:
    friend class BoundedPool;
    Lease(BoundedPool* pool, std::unique_ptr<T> thing, const std::source_location& at)
        : pool_(pool), thing_(std::move(thing)), at_(at) {}

    BoundedPool* pool_;
    std::unique_ptr<T> thing_;
    std::source_location at_;
  };

  BoundedPool(int size, std::function<T()> maker, std::string_view name = {},
              const std::source_location& at = std::source_location::current())
      : free_(size, name, at), maker_(std::move(maker)) {
    for (int i = 0; i < size; ++i) free_.Send(nullptr, at);
  }
  BoundedPool(const BoundedPool&) = delete;
  BoundedPool& operator=(const BoundedPool&) = delete;

  // Waits until one is free; Cancelled where `until` ended first.
  absl::StatusOr<Lease> Get(const Until& until,
                            const std::source_location& at = std::source_location::current()) {
    std::optional<std::unique_ptr<T>> place = until.Recv(free_, at);
    if (!place.has_value()) return absl::CancelledError("ended before one was free");
    Lease lease(this, *std::move(place), at);
    if (lease.thing_ == nullptr) lease.thing_ = std::make_unique<T>(maker_());
    return lease;
  }

  // How many are not lent, made or not.
  std::size_t Free() const { return free_.Len(); }

 private:
  const Chan<std::unique_ptr<T>> free_;  // nullptr: not made yet
  const std::function<T()> maker_;
};

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_BOUNDED_POOL_H_
