#include "gordian/once.h"

#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/panic.h"

namespace gordian {

using internal::Recording;
using internal::Waiter;
using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

void Once::RecordSeen(const std::source_location& at) {
  ThreadLog* log = Recording();
  if (log == nullptr) return;
  recorder::Tracked& object = origin_.In(*log, ObjectKind::kOnce);
  if (log->SawLast(object.id.load(std::memory_order_relaxed))) return;
  recorder::Observed(*log, object, EventType::kOnceSeen, log->Site(at));
}

bool Once::Begin(const std::source_location& at) {
  ThreadLog* log = Recording();
  const trace::SiteId site = log != nullptr ? log->Site(at) : 0;
  if (log != nullptr) origin_.In(*log, ObjectKind::kOnce);
  internal::Task& self = internal::CurrentTask();
  lock_.Lock();
  const std::uint32_t state = state_.load(std::memory_order_relaxed);
  if (state == kNew) {
    state_.store(kRunning, std::memory_order_relaxed);
    runner_ = &self;
    if (log != nullptr) {
      recorder::OrderedWide(*log, origin_.tracked(), EventType::kOnceBegin, site, {});
    }
    lock_.Unlock();
    return true;
  }
  if (state == kDone) {
    lock_.Unlock();
    RecordSeen(at);
    return false;
  }
  if (runner_ == &self) {
    lock_.Unlock();
    if (log != nullptr) {
      const auto what = static_cast<std::uint64_t>(trace::MisuseKind::kOnceRecursive);
      recorder::Observed(*log, origin_.tracked(), EventType::kMisuse, site, {.operands = {what}});
    }
    throw Panic("Once::Do called from within its own function", at);
  }
  Waiter waiter(self);
  waiter.site = site;
  waiter.to = "see a Once done";
  waiter.on = origin_.name();
  waiter.at = at;
  queue_.PushBack(waiter);
  if (log != nullptr) {
    recorder::Time(*log);
    recorder::Observed(*log, origin_.tracked(), EventType::kOnceRequest, site);
  }
  try {
    internal::Park(waiter, &lock_);
  } catch (...) {
    internal::RecordUnwound(origin_.tracked());
    throw;
  }
  return false;
}

void Once::End(const std::source_location& at) {
  ThreadLog* log = Recording();
  lock_.Lock();
  runner_ = nullptr;
  if (log != nullptr) {
    recorder::OrderedWide(*log, origin_.In(*log, ObjectKind::kOnce), EventType::kOnceEnd,
                          log->Site(at), {});
  }
  state_.store(kDone, std::memory_order_release);
  Waiter* first = nullptr;
  while (Waiter* waiter = queue_.PopFrontClaimed()) {
    if (log != nullptr) {
      recorder::Observed(*log, origin_.tracked(), EventType::kOnceSeen, waiter->site,
                         {.for_task = internal::IdOf(*waiter->task)});
    }
    waiter->next = first;
    first = waiter;
  }
  lock_.Unlock();
  while (first != nullptr) {
    Waiter* waiter = first;
    first = first->next;
    internal::Wake(*waiter);
  }
}

}  // namespace gordian
