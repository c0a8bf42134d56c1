#include "detector/model/happens_before.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "detector/model/release_sequence.h"
#include "instrument/trace/decoder.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

bool Acquires(std::uint64_t order) {
  return order == static_cast<int>(std::memory_order_consume) ||
         order == static_cast<int>(std::memory_order_acquire) ||
         order >= static_cast<int>(std::memory_order_acq_rel);
}

bool Releases(std::uint64_t order) { return order >= static_cast<int>(std::memory_order_release); }

void Release(SyncClock& to, TaskClock& from) {
  to.Join(from.now());
  from.Tick();
}

}  // namespace

// Elements in the buffer, and the receives that made room in it.
struct HappensBefore::Channel {
  std::deque<Stamp> sent;
  std::deque<Stamp> received;     // at most as many as the capacity
  trace::TaskId sender = 0;       // unbuffered: of the element that is being handed over
  std::uint64_t used_places = 0;  // of the buffer, up to the capacity
};

struct HappensBefore::Barrier {
  std::uint64_t round = 1;  // that is filling
  SyncClock filling, full;  // full: of the round before
};

struct HappensBefore::Object {
  ObjectKind kind = ObjectKind::kUnknown;
  std::uint64_t capacity = 0;
  SyncClock released;  // by whatever the object's releases are; a lock's last write unlock
  SyncClock readers;   // read unlocks since the last write lock
  std::unique_ptr<Channel> channel;
  std::unique_ptr<Barrier> barrier;
  std::unique_ptr<ReleaseSequence> sequence;  // of an atomic whose values are told apart

  // What an atomic passes on to this load, or read-modify-write.
  const SyncClock& LoadedBy(const Event& load) const {
    return sequence != nullptr && load.Has(trace::kFlagExact) ? sequence->At(load.version)
                                                              : released;
  }
};

HappensBefore::HappensBefore() = default;
HappensBefore::~HappensBefore() = default;

const TaskClock& HappensBefore::Clock(trace::TaskId task) const {
  const Task* found = tasks_.Find(task);
  return found != nullptr ? found->clock : nobody_;
}

const Stamp& HappensBefore::LoadedBy(const Event& load) const {
  const Object* found = objects_.Find(load.subject);
  return found != nullptr ? found->LoadedBy(load).stamp() : nothing_;
}

void HappensBefore::Start(Task& task, const TaskClock* parent) {
  constexpr std::size_t kTried = 8, kMostEnded = 1'024;
  if (parent != nullptr) {
    for (std::size_t i = 0; i < std::min(kTried, ended_.size()); ++i) {
      const Ended ended = ended_[i];
      if (!parent->Knows(ended.slot, ended.epoch)) continue;
      ended_.erase(ended_.begin() + static_cast<std::ptrdiff_t>(i));
      task.clock.Start(ended.slot, ended.next);
      task.started = true;
      return;
    }
    // Those that nobody has waited for make room for those that somebody will have.
    if (ended_.size() > kTried) {
      ended_.push_back(ended_.front());
      ended_.pop_front();
    }
    // Clocks must not grow with every task that ever lived. Who knows the new task counts as
    // knowing the old one: that hides a race with what ended long ago, and makes up none.
    if (ended_.size() > kMostEnded) {
      task.clock.Start(ended_.front().slot, ended_.front().next);
      ended_.pop_front();
      task.started = true;
      return;
    }
  }
  task.clock.Start(slots_++, 1);
  task.started = true;
}

HappensBefore::Task* HappensBefore::FindTask(trace::TaskId id) {
  Task* task = id != 0 ? tasks_.At(id) : nullptr;
  if (task == nullptr) return nullptr;
  if (!task->started) Start(*task, nullptr);
  present_id_ = id;
  return present_ = task;
}

void HappensBefore::Spawn(const Event& event, Task& parent) {
  if (event.subject == 0) return;
  Task* child = tasks_.At(event.subject);
  if (child == nullptr || child == &parent) return;
  if (!child->started) Start(*child, &parent.clock);
  child->joinable = event.args[0] == static_cast<std::uint64_t>(trace::TaskKind::kThread);
  child->clock.Acquire(parent.clock.now());
  parent.clock.Tick();
}

void HappensBefore::End(Task& task, trace::TaskId id) {
  const std::uint32_t epoch = task.clock.epoch();
  ended_.push_back({task.clock.slot(), task.acted ? epoch : epoch - 1, epoch + 1});
  task.at_fence.Clear();
  task.unfenced.Clear();
  task.ended = true;
  if (!task.joinable) Leave(id);
}

// Nobody will ask any more what an ended task knew.
void HappensBefore::Leave(trace::TaskId id) {
  constexpr std::size_t kKept = 1'024;
  past_.push_back(id);
  if (past_.size() <= kKept) return;
  TaskClock& clock = tasks_.At(past_.front())->clock;
  past_.pop_front();
  const ClockSlot slot = clock.slot();
  const std::uint32_t epoch = clock.epoch();
  clock = TaskClock();
  clock.Start(slot, epoch);
}

void HappensBefore::ApplyToTask(const Event& event, Task& task) {
  switch (event.type) {
    case EventType::kTaskSpawn:
      return Spawn(event, task);
    case EventType::kTaskEnd:
      return End(task, event.task);
    case EventType::kTaskJoin:
    case EventType::kTaskDetach: {
      Task* other = event.subject != 0 ? tasks_.At(event.subject) : nullptr;
      if (other == nullptr) return;
      if (event.type == EventType::kTaskJoin) task.clock.Acquire(other->clock.now());
      if (std::exchange(other->joinable, false) && other->ended) Leave(event.subject);
      return;
    }
    case EventType::kFence:
      return Fence(task, event.args[0]);
    default:
      return;
  }
}

void HappensBefore::Fence(Task& task, std::uint64_t order) {
  if (Acquires(order)) task.unfenced.AcquiredBy(task.clock);
  if (Releases(order)) {
    task.at_fence.Assign(task.clock);
    task.clock.Tick();
  }
}

void HappensBefore::Load(const Event& event, const Object& object, Task& task) {
  const SyncClock& released = object.LoadedBy(event);
  if (released.empty()) return;
  if (Acquires(event.args[0])) {
    released.AcquiredBy(task.clock);
  } else {
    task.unfenced.Join(released.stamp());
  }
}

void HappensBefore::Store(const Event& event, Object& object, Task& task) {
  const bool releases = Releases(event.args[0]);
  const Stamp* passed_on = releases                ? &task.clock.now()
                           : task.at_fence.empty() ? nullptr
                                                   : &task.at_fence.stamp();
  if (event.Has(trace::kFlagExact)) {
    if (object.sequence == nullptr) object.sequence = std::make_unique<ReleaseSequence>();
    event.type == EventType::kAtomicStore ? object.sequence->Store(event.version, passed_on)
                                          : object.sequence->ReadModifyWrite(passed_on);
  } else if (passed_on != nullptr) {
    object.released.Join(*passed_on);
  }
  if (releases) task.clock.Tick();
}

void HappensBefore::Meet(Task& sender, Task& receiver) {
  if (&sender == &receiver) return;
  const Stamp given = sender.clock.now();
  const Stamp taken = receiver.clock.now();
  sender.clock.Tick();
  receiver.clock.Tick();
  receiver.clock.Acquire(given);
  sender.clock.Acquire(taken);
}

void HappensBefore::Send(const Event& event, Object& object, Task& task) {
  if (object.channel == nullptr) object.channel = std::make_unique<Channel>();
  Channel& channel = *object.channel;
  if (object.capacity == 0) {
    // A sender that waits may go on before its receiver has written the receive.
    Task* receiver = event.Has(trace::kFlagFor) ? TaskAt(event.actor) : nullptr;
    if (receiver == nullptr) {
      channel.sender = event.task;
    } else {
      Meet(task, *receiver);
    }
    return;
  }
  // The element stands in a place that was never used, or that a receive has left.
  if (channel.used_places < object.capacity) {
    ++channel.used_places;
  } else if (!channel.received.empty()) {
    task.clock.Acquire(channel.received.front());
    channel.received.pop_front();
  }
  channel.sent.push_back(task.clock.now());
  task.clock.Tick();
}

void HappensBefore::Receive(Object& object, Task& task) {
  if (object.channel == nullptr) return;
  Channel& channel = *object.channel;
  if (object.capacity == 0) {
    Task* sender = TaskAt(std::exchange(channel.sender, 0));
    if (sender != nullptr) Meet(*sender, task);
    return;
  }
  if (channel.sent.empty()) return;
  task.clock.Acquire(channel.sent.front());
  channel.sent.pop_front();
  channel.received.push_back(task.clock.now());
  task.clock.Tick();
}

void HappensBefore::ApplyToChannel(const Event& event, Object& object, Task& task) {
  switch (event.type) {
    case EventType::kChanSend:
      return Send(event, object, task);
    case EventType::kChanRecv:
      return Receive(object, task);
    case EventType::kChanClose:
      return Release(object.released, task.clock);
    case EventType::kChanRecvClosed:
      return object.released.AcquiredBy(task.clock);
    default:
      return;
  }
}

// A barrier is used again: what arrives for the next round does not order those who
// still leave this one. A latch has one round.
void HappensBefore::ApplyToBarrier(const Event& event, Object& object, Task& task) {
  const bool one_round = object.kind == ObjectKind::kLatch;
  if (object.barrier == nullptr) object.barrier = std::make_unique<Barrier>();
  Barrier& barrier = *object.barrier;
  if (event.type == EventType::kBarrierArrive) {
    task.round = barrier.round;
    Release(barrier.filling, task.clock);
    return;
  }
  if (!one_round && task.round == barrier.round) {
    barrier.full = std::exchange(barrier.filling, SyncClock());
    ++barrier.round;
  }
  (one_round ? barrier.filling : barrier.full).AcquiredBy(task.clock);
}

void HappensBefore::Apply(const Event& event) {
  if (IsAccess(event.type)) return Access(event.task);
  Task* task = TaskAt(event.task);
  if (task == nullptr) return;
  if (trace::kRecordShapes[static_cast<std::size_t>(event.type)].subject !=
      trace::Subject::kObject) {
    return ApplyToTask(event, *task);
  }
  if (event.subject == 0) return;
  task->acted = true;
  if (event.type == EventType::kObjectEnd) return objects_.Forget(event.subject);
  const bool begins = event.type == EventType::kObjectBegin;
  if (begins && event.args[0] == static_cast<std::uint64_t>(ObjectKind::kVariable)) return;
  Object* object = objects_.At(event.subject);
  if (object == nullptr) return;
  TaskClock& clock = task->clock;
  switch (event.type) {
    case EventType::kObjectBegin:
      object->kind = static_cast<ObjectKind>(event.args[0]);
      object->capacity = event.args[1];
      break;
    case EventType::kLock:
      object->released.AcquiredBy(clock);
      object->readers.AcquiredBy(clock);
      break;
    case EventType::kUnlock:
      object->released.Assign(clock);
      if (!object->readers.empty()) object->readers.Clear();
      clock.Tick();
      task->acted = false;
      break;
    case EventType::kRLock:
    case EventType::kOnceBegin:
    case EventType::kOnceSeen:
    case EventType::kSemAcquire:
    case EventType::kHbAcquire:
    case EventType::kTimerFire:
    case EventType::kWaitGroupWait:
      object->released.AcquiredBy(clock);
      break;
    case EventType::kRUnlock:
      Release(object->readers, clock);
      task->acted = false;
      break;
    case EventType::kWaitGroupAdd:
      if (static_cast<std::int64_t>(event.args[0]) < 0) {
        Release(object->released, clock);
        task->acted = false;
      }
      break;
    case EventType::kCondSignal:
    case EventType::kCondBroadcast:
      object->released.Assign(clock);
      clock.Tick();
      break;
    case EventType::kCondWake:
      // Woken by whom, the record says only where the waker wrote it.
      if (event.Has(trace::kFlagFor)) object->released.AcquiredBy(clock);
      break;
    case EventType::kOnceEnd:
    case EventType::kSemRelease:
    case EventType::kHbRelease:
    case EventType::kTimerSet:
    case EventType::kCancel:
      Release(object->released, clock);
      task->acted = false;
      break;
    case EventType::kChanSend:
    case EventType::kChanRecv:
    case EventType::kChanClose:
    case EventType::kChanRecvClosed:
      ApplyToChannel(event, *object, *task);
      break;
    case EventType::kBarrierArrive:
    case EventType::kBarrierDepart:
      ApplyToBarrier(event, *object, *task);
      break;
    case EventType::kHeapAlloc:
    case EventType::kStackBegin:
      memory_.Begin(event);
      break;
    case EventType::kHeapFree:
    case EventType::kStackEnd:
      memory_.End(event);
      break;
    case EventType::kAtomicLoad:
    case EventType::kAtomicCasFail:
      Load(event, *object, *task);
      break;
    case EventType::kAtomicStore:
      Store(event, *object, *task);
      break;
    case EventType::kAtomicRmw:
      Load(event, *object, *task);
      Store(event, *object, *task);
      break;
    default:
      break;
  }
}

}  // namespace gordian::detector
