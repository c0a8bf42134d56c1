#include "detector/reader/object_rules.h"

#include <algorithm>

namespace gordian::detector {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

// From where an event may happen, where it leads, and what is wrong otherwise. An event
// with no row may happen in every phase.
struct ObjectRules::Transition {
  EventType type;
  Phase from;
  Phase to;
  BrokenRule otherwise;
};

constexpr BrokenRule kLockHeld = {"lock-held", "somebody holds it already"};
constexpr BrokenRule kRLockHeld = {"rlock-held", "somebody holds it exclusively"};
constexpr BrokenRule kUnlockNotHeld = {"unlock-not-held", "nobody holds it exclusively"};
constexpr BrokenRule kRUnlockNotHeld = {"runlock-not-held", "nobody holds it for reading"};
constexpr BrokenRule kOnceTwice = {"once-twice", "it has begun before"};
constexpr BrokenRule kOnceNotBegun = {"once-not-begun", "it has not begun"};
constexpr BrokenRule kOnceNotDone = {"once-not-done", "it is not done"};
constexpr BrokenRule kSendClosed = {"send-closed", "it is closed"};
constexpr BrokenRule kCloseClosed = {"close-closed", "it is closed already"};
constexpr BrokenRule kRecvOpen = {"recv-closed-open", "it is not closed"};
constexpr BrokenRule kTimerNotSet = {"timer-not-set", "nobody has set it"};

const ObjectRules::Transition ObjectRules::kTransitions[] = {
    {EventType::kLock, Phase::kFresh, Phase::kHeld, kLockHeld},
    {EventType::kUnlock, Phase::kHeld, Phase::kFresh, kUnlockNotHeld},
    {EventType::kRLock, Phase::kFresh, Phase::kShared, kRLockHeld},
    {EventType::kRLock, Phase::kShared, Phase::kShared, kRLockHeld},
    {EventType::kRUnlock, Phase::kShared, Phase::kFresh, kRUnlockNotHeld},
    {EventType::kOnceBegin, Phase::kFresh, Phase::kRunning, kOnceTwice},
    {EventType::kOnceEnd, Phase::kRunning, Phase::kDone, kOnceNotBegun},
    {EventType::kOnceSeen, Phase::kDone, Phase::kDone, kOnceNotDone},
    {EventType::kChanSend, Phase::kFresh, Phase::kFresh, kSendClosed},
    {EventType::kChanClose, Phase::kFresh, Phase::kClosed, kCloseClosed},
    {EventType::kChanRecvClosed, Phase::kClosed, Phase::kClosed, kRecvOpen},
    {EventType::kTimerSet, Phase::kFresh, Phase::kArmed, {}},
    {EventType::kTimerSet, Phase::kArmed, Phase::kArmed, {}},
    {EventType::kTimerFire, Phase::kArmed, Phase::kArmed, kTimerNotSet},
};

namespace {

// Which kinds an event may be about. Others, and kinds that are not known, may do anything.
struct KindRule {
  EventType first, last;  // of the event table's section
  std::initializer_list<ObjectKind> kinds;
};

bool IsOf(ObjectKind kind, std::initializer_list<ObjectKind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

std::optional<BrokenRule> ObjectRules::Take(const Event& event) {
  const trace::EventSpec& spec = trace::Spec(event.type);
  if (spec.subject != trace::Subject::kObject || event.subject == 0) return std::nullopt;
  if (event.type == EventType::kMisuse || event.type == EventType::kObjectName) return std::nullopt;
  if (event.subject >= objects_.size()) {
    objects_.resize(std::max<std::size_t>(event.subject + std::size_t{1}, objects_.size() * 2));
  }
  Object& object = objects_[event.subject];
  std::optional<BrokenRule> broken = TakeVersion(event, object);
  if (!broken) broken = TakeLife(event, object);
  if (!broken) broken = CheckKind(event, object);
  if (!broken) broken = TakePhase(event, object);
  if (!broken) broken = TakeCount(event, object);
  if (broken) object.phase = Phase::kUnknown;
  return broken;
}

// A version that was never seen may have changed anything.
std::optional<BrokenRule> ObjectRules::TakeVersion(const Event& event, Object& object) {
  const trace::Order order = trace::Spec(event.type).order;
  if (order == trace::Order::kLocal) return std::nullopt;
  if (event.version > object.version + (order == trace::Order::kOrdered ? 1 : 0)) {
    object.phase = Phase::kUnknown;
  } else if (order == trace::Order::kOrdered && event.version <= object.version) {
    return BrokenRule{"version-twice", "its version was taken before"};
  }
  object.version = std::max(object.version, event.version);
  return std::nullopt;
}

std::optional<BrokenRule> ObjectRules::TakeLife(const Event& event, Object& object) {
  if (event.type == EventType::kObjectBegin) {
    if (object.begun) return BrokenRule{"object-twice", "it has begun before"};
    object.begun = true;
    object.kind = static_cast<ObjectKind>(event.args[0]);
    object.capacity = event.args[1];
    if (object.kind == ObjectKind::kSemaphore) {
      object.value = static_cast<std::int64_t>(event.args[1]);
    }
    return std::nullopt;
  }
  // A wait may be told to have ended after its object has.
  if (object.ended && event.type != EventType::kWaitEnd) {
    return BrokenRule{"object-ended", "it has ended"};
  }
  object.ended = event.type == EventType::kObjectEnd || object.ended;
  return std::nullopt;
}

std::optional<BrokenRule> ObjectRules::CheckKind(const Event& event, const Object& object) {
  static const KindRule kRules[] = {
      {EventType::kLockRequest,
       EventType::kUnlock,
       {ObjectKind::kMutex, ObjectKind::kRWMutex, ObjectKind::kRecursiveMutex,
        ObjectKind::kRWMutexReaders}},
      {EventType::kTryLockFail,
       EventType::kTryLockFail,
       {ObjectKind::kMutex, ObjectKind::kRWMutex, ObjectKind::kRecursiveMutex,
        ObjectKind::kRWMutexReaders, ObjectKind::kSemaphore}},
      {EventType::kRLockRequest,
       EventType::kTryRLockFail,
       {ObjectKind::kRWMutex, ObjectKind::kRWMutexReaders}},
      {EventType::kCondWait, EventType::kCondBroadcast, {ObjectKind::kCond}},
      {EventType::kWaitGroupAdd, EventType::kWaitGroupWait, {ObjectKind::kWaitGroup}},
      {EventType::kOnceBegin, EventType::kOnceSeen, {ObjectKind::kOnce}},
      {EventType::kChanSendRequest, EventType::kChanHandles, {ObjectKind::kChan}},
      {EventType::kSemRequest, EventType::kSemRelease, {ObjectKind::kSemaphore}},
      {EventType::kBarrierRequest,
       EventType::kBarrierDepart,
       {ObjectKind::kBarrier, ObjectKind::kLatch}},
      {EventType::kHeapAlloc, EventType::kStackEnd, {ObjectKind::kMemory}},
  };
  if (IsOf(object.kind, {ObjectKind::kUnknown, ObjectKind::kCustom})) return std::nullopt;
  for (const KindRule& rule : kRules) {
    if (event.type >= rule.first && event.type <= rule.last && !IsOf(object.kind, rule.kinds)) {
      return BrokenRule{"kind", "it is of a kind that this cannot happen to"};
    }
  }
  return std::nullopt;
}

std::optional<BrokenRule> ObjectRules::TakePhase(const Event& event, Object& object) {
  if (object.phase == Phase::kUnknown) return std::nullopt;
  const BrokenRule* otherwise = nullptr;
  for (const Transition& transition : kTransitions) {
    if (transition.type != event.type) continue;
    otherwise = &transition.otherwise;
    const bool again = event.type == EventType::kLock && object.phase == Phase::kHeld &&
                       object.kind == ObjectKind::kRecursiveMutex && object.owner == event.task;
    if (object.phase == transition.from || again) return TakeLock(event, object, transition);
  }
  if (otherwise == nullptr) return std::nullopt;
  return *otherwise;
}

// Moves on, counting how often a recursive lock is held, and by how many readers.
std::optional<BrokenRule> ObjectRules::TakeLock(const Event& event, Object& object,
                                                const Transition& transition) {
  const bool takes = event.type == EventType::kLock || event.type == EventType::kRLock;
  const bool gives = event.type == EventType::kUnlock || event.type == EventType::kRUnlock;
  if (takes) {
    ++object.depth;
    object.owner = event.task;
  }
  if (gives) {
    if (object.kind == ObjectKind::kRecursiveMutex && object.owner != event.task) {
      return BrokenRule{"unlock-not-owner", "another task holds it"};
    }
    if (--object.depth != 0) return std::nullopt;
  }
  object.phase = transition.to;
  return std::nullopt;
}

std::optional<BrokenRule> ObjectRules::TakeCount(const Event& event, Object& object) {
  const bool known = object.phase != Phase::kUnknown && object.begun;
  switch (event.type) {
    case EventType::kChanSend:
      if (++object.value > static_cast<std::int64_t>(std::clamp<std::uint64_t>(
                               object.capacity, 1, std::uint64_t{1} << 62)) &&
          known) {
        return BrokenRule{"send-full", "it has no room"};
      }
      break;
    case EventType::kChanRecv:
      if (--object.value < 0 && known) {
        return BrokenRule{"recv-before-send", "no value was sent for it"};
      }
      break;
    case EventType::kChanRecvClosed:
      if (object.value > 0 && known) return BrokenRule{"recv-closed-full", "it holds values"};
      break;
    case EventType::kWaitGroupAdd: {
      const auto value = static_cast<std::int64_t>(event.args[1]);
      const bool adds_up =
          static_cast<std::uint64_t>(object.value) + event.args[0] == event.args[1];
      object.value = value;
      if (!known) break;
      if (!adds_up) return BrokenRule{"wg-sum", "its value does not add up"};
      if (value < 0) return BrokenRule{"wg-negative", "its value is negative"};
      break;
    }
    case EventType::kSemAcquire:
      object.value -= static_cast<std::int64_t>(event.args[0]);
      if (object.value < 0 && known) return BrokenRule{"sem-overdrawn", "it has no such permits"};
      break;
    case EventType::kSemRelease:
      object.value += static_cast<std::int64_t>(event.args[0]);
      break;
    default:
      break;
  }
  return std::nullopt;
}

void ObjectRules::Forget() {
  for (Object& object : objects_) object.phase = Phase::kUnknown;
}

void ObjectRules::Forget(trace::ObjectId id) {
  if (id < objects_.size()) objects_[id].phase = Phase::kUnknown;
}

}  // namespace gordian::detector
