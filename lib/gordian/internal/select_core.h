// Select behind its typed face.
//
// All channels of the cases are locked at once, in the order of their addresses, so that the
// cases are polled as one step and two selects cannot deadlock. Where none is ready, one
// waiter per case is queued; they share one claim word, and whoever claims it
// completes the select with that case (Go's runtime/select.go has the same shape).
//
// Cost   no allocation: the cases and their waiters lie on the selecting task's stack.
#ifndef GORDIAN_LIB_INTERNAL_SELECT_CORE_H_
#define GORDIAN_LIB_INTERNAL_SELECT_CORE_H_

#include <atomic>
#include <cstddef>
#include <optional>
#include <source_location>
#include <span>

#include "gordian/internal/chan_core.h"

namespace gordian::internal {

struct SelectCase {
  ChanCore* core = nullptr;  // nullptr: the nil channel, never ready
  bool is_send = false;
  void* element = nullptr;  // to send, or the place to receive
  std::source_location where;

  ChanCall call{};
  std::optional<ChanWaiter> waiter{};
};

struct Selected {
  std::size_t index;  // the number of cases for the default
  bool received;      // false: a receive that found its channel closed
};

// Whether the trace need not be told again, one by one, that a select at `where` with this one case
// took its default: it is what the calling task did last, and nobody has used the channel since.
bool IsOnRecord(const ChanCore& core, const std::source_location& where);

class Selection {
 public:
  // `order` is room for as many entries as there are cases.
  Selection(std::span<SelectCase> cases, std::span<SelectCase*> order, bool has_default,
            const std::source_location& where)
      : cases_(cases), order_(order), has_default_(has_default), where_(where) {}

  Selected Run();

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void Sort();
  void LockAll();
  void UnlockAll();
  // Tries a ready case; kNone where there is none. The channels are locked before and after.
  std::size_t Poll(ChanCore::Outcome& outcome);
  std::size_t Block();
  void Enqueue();
  std::size_t Dequeue();
  Selected Finish(std::size_t index, bool closed);

  void RecordBegin();
  void RecordBlock();
  void RecordEnd(std::size_t index);
  void RememberPoll(std::size_t index);
  void RecordWaitEnd(trace::WaitEndReason why);

  std::span<SelectCase> cases_;
  std::span<SelectCase*> order_;  // the cases with channels, by address of the channel
  const bool has_default_;
  const std::source_location& where_;
  recorder::ThreadLog* log_ = nullptr;
  trace::SiteId site_ = 0;
  std::atomic<std::uint32_t> claimed_{0};
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_SELECT_CORE_H_
