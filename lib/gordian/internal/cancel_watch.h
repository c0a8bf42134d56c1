// Lets the cancelling of a context end a wait.
//
//   CancelWatch watch(ctx.node());
//   Waiter self(CurrentTask());
//   self.claimed = watch.claimed();
//   … queue.PushBack(self), under the primitive's lock …
//   watch.Begin(self);
//   Park(self, nullptr);
//   if (watch.cancelled()) … the queue still holds `self`: take it out …
//
// Who claims the wait first, a server or the cancel, decides how it ends.
//
// Cost     one allocation where the context can be cancelled, else none.
#ifndef GORDIAN_LIB_INTERNAL_CANCEL_WATCH_H_
#define GORDIAN_LIB_INTERNAL_CANCEL_WATCH_H_

#include <atomic>
#include <cstdint>

#include "gordian/internal/context_node.h"
#include "gordian/internal/task.h"

namespace gordian::internal {

class CancelWatch {
 public:
  explicit CancelWatch(const NodeRef& node);
  ~CancelWatch();  // the wait is over
  CancelWatch(const CancelWatch&) = delete;
  CancelWatch& operator=(const CancelWatch&) = delete;

  std::atomic<std::uint32_t>* claimed();

  // From here on a cancel may claim and wake `waiter`; one that came before does so at once.
  void Begin(Waiter& waiter);

  // Whether it was a cancel that claimed the wait.
  bool cancelled() const;

 private:
  class Link;
  Link* link_ = nullptr;                 // where the context can be cancelled
  std::atomic<std::uint32_t> claim_{0};  // where it cannot
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CANCEL_WATCH_H_
