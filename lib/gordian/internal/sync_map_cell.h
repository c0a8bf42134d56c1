// How a SyncMap's entries are recorded: each is an atomic cell of its own, so that goroutines that
// use different keys are not ordered. What a lookup does not find was deleted, perhaps: the
// map itself orders a delete before the lookups that miss.
//
// Locking   every call but SetName is made under the lock that guards the entry.
#ifndef GORDIAN_LIB_INTERNAL_SYNC_MAP_CELL_H_
#define GORDIAN_LIB_INTERNAL_SYNC_MAP_CELL_H_

#include <source_location>
#include <string_view>

#include "gordian/internal/origin.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task.h"
#include "instrument/trace/event.h"

namespace gordian::internal {

class SyncMapCell {
 public:
  SyncMapCell(std::string_view name, const std::source_location& made_at)
      : origin_(name, made_at) {}
  ~SyncMapCell() { origin_.End(); }

  void Loaded(const std::source_location& at) { Record(trace::EventType::kAtomicLoad, at); }
  void Stored(const std::source_location& at) { Record(StoreOfObject(), at); }
  void Modified(const std::source_location& at) { Record(trace::EventType::kAtomicRmw, at); }

 private:
  void Record(trace::EventType type, const std::source_location& at);
  Origin origin_;
};

class SyncMapAbsence {
 public:
  SyncMapAbsence(std::string_view name, const std::source_location& made_at)
      : origin_(name, made_at) {}
  ~SyncMapAbsence() { origin_.End(); }

  void Deleted(const std::source_location& at) { Record(trace::EventType::kHbRelease, at); }
  void Missed(const std::source_location& at) { Record(trace::EventType::kHbAcquire, at); }

  void SetName(std::string_view name) { origin_.SetName(name); }

 private:
  void Record(trace::EventType type, const std::source_location& at);
  SpinLock lock_;  // the map has several locks
  Origin origin_;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_SYNC_MAP_CELL_H_
