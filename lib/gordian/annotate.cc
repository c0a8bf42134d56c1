#include "gordian/annotate.h"

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "gordian/internal/record.h"
#include "gordian/internal/task.h"
#include "instrument/schedule/point.h"

namespace gordian {
namespace {

using internal::Recording;
using recorder::ThreadLog;
using trace::EventType;

// The objects that stand for annotated addresses.
struct Shard {
  internal::SpinLock lock;
  std::unordered_map<const void*, std::unique_ptr<recorder::Tracked>> objects;
};

Shard& ShardOf(const void* address) {
  static auto* shards = new std::array<Shard, 64>;
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  return (*shards)[(bits >> 4) * 0x9E3779B97F4A7C15u >> 58];
}

enum class As { kOrdered, kObserved };

// Writes one event of the object at `address`, under its shard's lock.
void Annotate(const void* address, EventType type, As as, const std::source_location& at) {
  schedule::Point(schedule::Op::kAnnotation, address);
  ThreadLog* log = Recording();
  if (log == nullptr) return;
  const trace::SiteId site = log->Site(at);
  Shard& shard = ShardOf(address);
  shard.lock.Lock();
  std::unique_ptr<recorder::Tracked>& object = shard.objects[address];
  if (object == nullptr) object = std::make_unique<recorder::Tracked>();
  recorder::EnsureRegistered(*object, trace::ObjectKind::kCustom, 0, site);
  if (as == As::kOrdered) {
    recorder::OrderedWide(*log, *object, type, site, {});
  } else {
    recorder::Observed(*log, *object, type, site);
  }
  shard.lock.Unlock();
}

}  // namespace

void Acquiring(const void* lock, std::source_location at) {
  Annotate(lock, EventType::kLockRequest, As::kObserved, at);
}
void Acquired(const void* lock, std::source_location at) {
  Annotate(lock, EventType::kLock, As::kOrdered, at);
}
void Released(const void* lock, std::source_location at) {
  Annotate(lock, EventType::kUnlock, As::kOrdered, at);
}
void HappensBefore(const void* x, std::source_location at) {
  Annotate(x, EventType::kHbRelease, As::kOrdered, at);
}
void HappensAfter(const void* x, std::source_location at) {
  Annotate(x, EventType::kHbAcquire, As::kObserved, at);
}

void Forget(const void* x) {
  Shard& shard = ShardOf(x);
  shard.lock.Lock();
  auto node = shard.objects.extract(x);
  if (!node.empty() && Recording() != nullptr) recorder::Unregister(*node.mapped(), 0);
  shard.lock.Unlock();
}

void Progress(std::source_location at) {
  if (ThreadLog* log = Recording()) {
    recorder::Local(*log, EventType::kProgress, 0, log->Site(at));
  }
}

}  // namespace gordian
