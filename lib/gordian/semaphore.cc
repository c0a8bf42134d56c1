#include "gordian/semaphore.h"

#include "gordian/internal/cancel_watch.h"
#include "gordian/internal/record.h"
#include "gordian/panic.h"
#include "instrument/schedule/point.h"

namespace gordian {

using internal::Recording;
using internal::Waiter;
using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

struct Semaphore::Waiting : Waiter {
  Waiting(internal::Task& owner, std::int64_t wanted, std::uint16_t how)
      : Waiter(owner), n(wanted), flags(how) {}
  const std::int64_t n;
  const std::uint16_t flags;  // of its acquire
};

namespace {

void CheckNumber(std::int64_t n, const std::source_location& at) {
  if (n < 0) throw Panic("a negative number of a Semaphore's permits", at);
}

std::uint64_t Operand(std::int64_t n) { return static_cast<std::uint64_t>(n); }

// Whether a wait under the context may end otherwise: it cannot be in a deadlock then.
std::uint16_t FlagsOf(const Context& ctx) {
  const internal::ContextNode* const node = ctx.node().get();
  const bool ends = node != nullptr && node->canceller() != nullptr;
  return ends ? std::uint16_t{trace::kFlagTimed} : std::uint16_t{0};
}

}  // namespace

Semaphore::Semaphore(std::int64_t permits, std::string_view name, std::source_location at)
    : permits_(permits), origin_(name, at) {
  CheckNumber(permits, at);
}

// Under lock_, before the change: who enters the trace says what is free by now.
void Semaphore::Record(EventType type, std::int64_t n, std::uint16_t flags,
                       const std::source_location& at) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kSemaphore, Operand(permits_ - held_)),
                          type, log->Site(at), {.flags = flags, .operands = {Operand(n)}});
  }
}

absl::Status Semaphore::Acquire(const Context& ctx, std::int64_t n, std::source_location at) {
  CheckNumber(n, at);
  schedule::Point(schedule::Op::kAcquire, this);
  if (absl::Status cancelled = ctx.Err(at); !cancelled.ok()) return cancelled;
  lock_.Lock();
  if (!IsFree(n)) [[unlikely]] {
    lock_.Unlock();
    return AcquireSlow(ctx, n, at);
  }
  Record(EventType::kSemAcquire, n, FlagsOf(ctx), at);
  held_ += n;
  lock_.Unlock();
  return absl::OkStatus();
}

absl::Status Semaphore::AcquireSlow(const Context& ctx, std::int64_t n,
                                    const std::source_location& at) {
  internal::CancelWatch watch(ctx.node());
  Waiting self(internal::CurrentTask(), n, FlagsOf(ctx));
  self.claimed = watch.claimed();
  self.to = "acquire a Semaphore";
  self.on = origin_.name();
  self.at = at;
  lock_.Lock();
  if (IsFree(n)) {
    Record(EventType::kSemAcquire, n, FlagsOf(ctx), at);
    held_ += n;
    lock_.Unlock();
    return absl::OkStatus();
  }
  if (ThreadLog* log = Recording()) [[unlikely]] {
    self.site = log->Site(at);
    recorder::Time(*log);
    const std::uint16_t timed = ctx.Deadline().has_value() ? trace::kFlagTimed : 0;
    recorder::Observed(*log, origin_.In(*log, ObjectKind::kSemaphore, Operand(permits_ - held_)),
                       EventType::kSemRequest, self.site,
                       {.flags = timed, .operands = {Operand(n)}});
  }
  // What can never be granted keeps nobody else waiting.
  if (n <= permits_) queue_.PushBack(self);
  lock_.Unlock();
  watch.Begin(self);
  try {
    internal::Park(self, nullptr);
  } catch (...) {
    Forget(self);
    throw;
  }
  if (!watch.cancelled()) return absl::OkStatus();
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, EventType::kWaitEnd, origin_.tracked().id.load(std::memory_order_relaxed),
                    self.site,
                    {.operands = {static_cast<std::uint64_t>(trace::WaitEndReason::kCancelled)}});
  }
  Forget(self);
  return ctx.Err(at);
}

// The others may be served now: it may have been first, and too large.
void Semaphore::Forget(Waiting& waiting) {
  lock_.Lock();
  queue_.Remove(waiting);
  Grant();
}

void Semaphore::Grant() {
  Waiter* first = nullptr;
  Waiter** last = &first;
  while (auto* waiting = static_cast<Waiting*>(queue_.front())) {
    if (permits_ - held_ < waiting->n) break;
    queue_.Remove(*waiting);
    if (!internal::Claim(*waiting)) continue;  // cancelled, and about to look for itself here
    held_ += waiting->n;
    if (ThreadLog* log = Recording()) [[unlikely]] {
      recorder::OrderedWide(*log, origin_.tracked(), EventType::kSemAcquire, waiting->site,
                            {.flags = waiting->flags,
                             .for_task = internal::IdOf(*waiting->task),
                             .operands = {Operand(waiting->n)}});
    }
    waiting->next = nullptr;
    *last = waiting;
    last = &waiting->next;
  }
  lock_.Unlock();
  while (first != nullptr) {
    Waiter* waiter = first;
    first = first->next;
    internal::Wake(*waiter);
  }
}

bool Semaphore::TryAcquire(std::int64_t n, std::source_location at) {
  CheckNumber(n, at);
  schedule::Point(schedule::Op::kTryAcquire, this);
  lock_.Lock();
  const bool free = IsFree(n);
  if (free) {
    Record(EventType::kSemAcquire, n, trace::kFlagTry, at);
    held_ += n;
  } else if (ThreadLog* log = Recording()) {
    recorder::Tracked& object = origin_.In(*log, ObjectKind::kSemaphore, Operand(permits_ - held_));
    internal::RecordFailure(*log, object, EventType::kTryLockFail, log->Site(at),
                            object.version.load(std::memory_order_relaxed));
  }
  lock_.Unlock();
  return free;
}

void Semaphore::Release(std::int64_t n, std::source_location at) {
  CheckNumber(n, at);
  schedule::Point(schedule::Op::kRelease, this);
  lock_.Lock();
  if (held_ < n) {
    lock_.Unlock();
    throw Panic("a Semaphore was released more than it was acquired", at);
  }
  Record(EventType::kSemRelease, n, 0, at);
  held_ -= n;
  Grant();
}

}  // namespace gordian
