#include "gordian/internal/pool_core.h"

#include "gordian/internal/call_site.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/record.h"
#include "instrument/schedule/point.h"

namespace gordian::internal {

using recorder::ThreadLog;
using trace::EventType;

PoolCore::PoolCore(std::string_view name, const std::source_location& made_at)
    : made_at_(made_at), name_(KeepName(name)) {}

void PoolCore::SetName(std::string_view name) { name_ = KeepName(name); }

void PoolCore::Add(PoolItem& item, const CallSite& where) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    // Nobody else sees the item yet: this is its critical section.
    recorder::Register(item.tracked, trace::ObjectKind::kPool, 0, log->Site(made_at_));
    if (name_ != nullptr) {
      recorder::LocalText(*log, EventType::kObjectName,
                          item.tracked.id.load(std::memory_order_relaxed), 0, name_);
    }
    recorder::Ordered(*log, item.tracked, EventType::kHbRelease, where.In(*log));
  }
  lock_.Lock();
  item.next = items_;
  items_ = &item;
  ++count_;
  lock_.Unlock();
}

PoolItem* PoolCore::Take(std::uint32_t position) {
  lock_.Lock();
  PoolItem** link = &items_;
  for (; *link != nullptr && position > 0; --position) link = &(*link)->next;
  PoolItem* item = *link;
  if (item != nullptr) {
    *link = item->next;
    --count_;
  }
  lock_.Unlock();
  return item;
}

PoolItem* PoolCore::TakeChosen(const CallSite& where) {
  lock_.Lock();
  const std::uint32_t count = count_;
  lock_.Unlock();
  PoolItem* item = nullptr;
  if (count > 0) item = Take(schedule::Choose(schedule::Choice::kPoolItem, count));
  if (item == nullptr || !recorder::IsRegistered(item->tracked)) return item;
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Observed(*log, item->tracked, EventType::kHbAcquire, where.In(*log));
    recorder::Unregister(item->tracked, 0);
  }
  return item;
}

void PoolCore::Spare(PoolItem& item) {
  lock_.Lock();
  item.next = spares_;
  spares_ = &item;
  lock_.Unlock();
}

PoolItem* PoolCore::TakeSpare() {
  lock_.Lock();
  PoolItem* item = spares_;
  if (item != nullptr) spares_ = item->next;
  lock_.Unlock();
  return item;
}

}  // namespace gordian::internal
