#include "gordian/internal/sync_map_cell.h"

#include <atomic>
#include <cstdint>

#include "gordian/internal/record.h"

namespace gordian::internal {

using recorder::ThreadLog;
using trace::EventType;

void SyncMapCell::Record(EventType type, const std::source_location& at) {
  ThreadLog* log = Recording();
  if (log == nullptr) [[likely]]
    return;
  constexpr auto kSeqCst = static_cast<std::uint64_t>(std::memory_order_seq_cst);
  recorder::Tracked& cell = origin_.In(*log, trace::ObjectKind::kAtomic);
  if (type == EventType::kAtomicLoad) {
    recorder::Observed(*log, cell, type, log->Site(at), {.operands = {kSeqCst}});
  } else {
    recorder::OrderedWide(*log, cell, type, log->Site(at), {.operands = {kSeqCst}});
  }
}

void SyncMapAbsence::Record(EventType type, const std::source_location& at) {
  ThreadLog* log = Recording();
  if (log == nullptr) [[likely]]
    return;
  lock_.Lock();
  recorder::Tracked& map = origin_.In(*log, trace::ObjectKind::kCustom);
  if (type == EventType::kHbAcquire) {
    recorder::Observed(*log, map, type, log->Site(at));
  } else {
    recorder::Ordered(*log, map, type, log->Site(at));
  }
  lock_.Unlock();
}

}  // namespace gordian::internal
