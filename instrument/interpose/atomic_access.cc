#include "instrument/interpose/atomic_access.h"

#include <sched.h>

#include "instrument/interpose/access_site.h"

namespace gordian::interpose {
namespace {

using trace::EventType;

// An atomic's count is its spin lock.
void LockVariable(Object& object) {
  constexpr int kTriesPerYield = 64;
  for (int tries = 1; object.count.exchange(1, std::memory_order_acquire) != 0; ++tries) {
    if (tries % kTriesPerYield == 0) sched_yield();
  }
}

void UnlockVariable(Object& object) { object.count.store(0, std::memory_order_release); }

Object* VariableAt(Recording& recording, const volatile void* address, std::size_t bytes,
                   trace::SiteId site) {
  Object* object = FindOrMake(const_cast<const void*>(address), ObjectKind::kAtomic);
  if (object == nullptr) return nullptr;
  const bool is_new = !recorder::IsRegistered(object->tracked);
  if (is_new) [[unlikely]]
    recorder::Register(object->tracked, object->kind, 0, site);
  if (is_new || object->detail != bytes) [[unlikely]] {
    object->detail = bytes;
    recorder::Local(recording.log(), EventType::kObjectAt,
                    object->tracked.id.load(std::memory_order_relaxed), site,
                    {.operands = {reinterpret_cast<std::uintptr_t>(address), bytes}});
  }
  return object;
}

std::uint64_t Operand(MemoryOrder order) { return static_cast<std::uint64_t>(order); }

}  // namespace

AtomicWrite::AtomicWrite(Caller caller, const volatile void* address, std::size_t bytes,
                         MemoryOrder order)
    : recording_(Releases(order) ? Epoch::kEnds : Epoch::kGoesOn, Hook::kAtomic) {
  if (!recording_) return;
  site_ = AccessSiteOf(recording_, caller);
  object_ = VariableAt(recording_, address, bytes, site_);
  if (object_ != nullptr) LockVariable(*object_);
}

AtomicWrite::~AtomicWrite() {
  if (object_ != nullptr) UnlockVariable(*object_);
}

void AtomicWrite::Write(EventType type, MemoryOrder order) {
  if (object_ == nullptr) return;
  recorder::Tracked& tracked = object_->tracked;
  const trace::Version version = tracked.version.load(std::memory_order_relaxed) + 1;
  tracked.version.store(version, std::memory_order_release);
  recorder::OrderedAt(recording_.log(), tracked, type, site_, version,
                      {.flags = trace::kFlagExact, .operands = {Operand(order)}});
}

void AtomicWrite::Failed(MemoryOrder order) {
  if (object_ == nullptr) return;
  recorder::Observed(recording_.log(), object_->tracked, EventType::kAtomicCasFail, site_,
                     {.flags = trace::kFlagExact, .operands = {Operand(order), 1}});
}

// A writer makes its value visible inside the lock, and the version before it leaves it: where
// nobody is inside after the value was read, the version is the value's or a later one.
void RecordAtomicLoad(Caller caller, const volatile void* address, std::size_t bytes,
                      MemoryOrder order, FunctionRef<void()> load_again) {
  Recording recording(Epoch::kGoesOn, Hook::kAtomic);
  if (!recording) return;
  LoadCache& seen = recording.thread().loads;
  const std::uint64_t epoch = gordian_filter.epoch;
  if (const Object* known = Find(const_cast<const void*>(address));
      known != nullptr && known->kind == ObjectKind::kAtomic && known->detail == bytes &&
      recorder::IsRegistered(known->tracked) && known->count.load(std::memory_order_acquire) == 0) {
    const trace::Version version = known->tracked.version.load(std::memory_order_acquire);
    if (seen.Has(known->index, version, order, epoch)) return;
  }
  const trace::SiteId site = AccessSiteOf(recording, caller);
  Object* object = VariableAt(recording, address, bytes, site);
  if (object == nullptr) return;
  LockVariable(*object);
  load_again();
  recorder::Observed(recording.log(), object->tracked, EventType::kAtomicLoad, site,
                     {.flags = trace::kFlagExact, .operands = {Operand(order)}});
  seen.Add(object->index, object->tracked.version.load(std::memory_order_relaxed), order, epoch);
  UnlockVariable(*object);
}

void RecordFence(Caller caller, MemoryOrder order) {
  Recording recording(Releases(order) ? Epoch::kEnds : Epoch::kGoesOn, Hook::kAtomic);
  if (!recording) return;
  recorder::Local(recording.log(), EventType::kFence, 0, AccessSiteOf(recording, caller),
                  {.operands = {Operand(order)}});
}

}  // namespace gordian::interpose
