// Two locks at once, always in the same order.
//
//   void Transfer(Account& from, Account& to, int amount) {
//     gordian::LockInOrder both(from.mu, to.mu);
//     …
//   }
//
// The lock at the lower address is taken first, whichever way round they are named, so that
// two tasks that name them differently cannot wait for each other. The same lock
// named twice is taken once.
//
// Limits  orders these two among each other only; a lock held already is not looked at.
// Cost    that of the two locks.
#ifndef GORDIAN_LOCK_IN_ORDER_H_
#define GORDIAN_LOCK_IN_ORDER_H_

#include <functional>
#include <source_location>
#include <utility>

namespace gordian {

template <typename Lockable>
class [[nodiscard]] LockInOrder {
 public:
  LockInOrder(Lockable& a, Lockable& b, std::source_location at = std::source_location::current())
      : first_(&a), second_(&b), at_(at) {
    if (std::less<>()(second_, first_)) std::swap(first_, second_);
    first_->Lock(at_);
    if (second_ != first_) second_->Lock(at_);
  }
  ~LockInOrder() {
    if (second_ != first_) second_->Unlock(at_);
    first_->Unlock(at_);
  }
  LockInOrder(const LockInOrder&) = delete;
  LockInOrder& operator=(const LockInOrder&) = delete;

 private:
  Lockable* first_;
  Lockable* second_;
  std::source_location at_;
};

}  // namespace gordian

#endif  // GORDIAN_LOCK_IN_ORDER_H_
