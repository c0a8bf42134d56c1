#include "detector/analysis/lock_trace.h"

#include <algorithm>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

namespace {

// A WaitGroup that is used round after round keeps at most this many sources after a wait.
constexpr std::size_t kManySources = 32;

std::uint64_t Key(TaskId task, std::uint32_t acquire) {
  return (std::uint64_t{task} << 32) | acquire;
}

Seq At(const Event& event) { return static_cast<Seq>(event.seq); }

}  // namespace

EventSet LockTrace::Wants() {
  using enum EventType;
  return Events({kTaskSpawn,   kTaskJoin,     kLockRequest,   kLock,           kUnlock,
                 kTryLockFail, kRLockRequest, kRLock,         kRUnlock,        kTryRLockFail,
                 kCondWake,    kCondSignal,   kCondBroadcast, kWaitGroupAdd,   kWaitGroupWait,
                 kOnceEnd,     kOnceSeen,     kChanSend,      kChanRecv,       kChanRecvClosed,
                 kChanClose,   kChanLen,      kSelectBegin,   kSelectCaseSend, kSelectCaseRecv,
                 kSelectEnd,   kSemAcquire,   kSemRelease,    kBarrierArrive,  kBarrierDepart,
                 kAtomicLoad,  kAtomicStore,  kAtomicRmw,     kAtomicCasFail,  kHbRelease,
                 kHbAcquire,   kTimerSet,     kTimerFire,     kCancel,         kRead,
                 kWrite});
}

std::span<const Acquire> LockTrace::Acquires(TaskId task) const {
  const TaskState* state = tasks_.Find(task);
  return state != nullptr ? std::span<const Acquire>(state->acquires) : std::span<const Acquire>();
}

std::span<const Flow> LockTrace::Flows(TaskId task) const {
  const TaskState* state = tasks_.Find(task);
  return state != nullptr ? std::span<const Flow>(state->flows) : std::span<const Flow>();
}

TaskId LockTrace::Releaser(TaskId task, std::uint32_t acquire) const {
  if (Acquires(task)[acquire].foreign == 0) return task;
  return foreign_.at(Key(task, acquire));
}

bool LockTrace::IsAbsurd(const Event& event) {
  constexpr std::uint32_t kMaxId = PagedTable<TaskState>::kMaxId;
  const trace::Subject subject = trace::Spec(event.type).subject;
  const bool has_id = subject == trace::Subject::kObject || subject == trace::Subject::kTask;
  return event.seq >= kNever || event.task > kMaxId || event.actor > kMaxId ||
         (has_id && event.subject > kMaxId);
}

LockTrace::ChanState& LockTrace::Chan(ObjectId id, const Model& model) {
  ObjectState& object = Object(id);
  if (object.chan == 0) {
    object.chan = static_cast<std::uint32_t>(chans_.size());
    chans_.emplace_back().capacity = model.Object(id).detail;
  }
  return chans_[object.chan];
}

std::vector<LockTrace::Source>& LockTrace::Sources(std::uint32_t& index) {
  if (index == 0) {
    index = static_cast<std::uint32_t>(sources_.size());
    sources_.emplace_back();
  }
  return sources_[index];
}

void LockTrace::AddFlow(Source from, TaskId to, Seq at, bool structural) {
  if (from.task == 0 || from.task == to) return;
  TaskState& task = Task(to);
  Source& seen = task.seen[from.task % task.seen.size()];
  if (seen.task == from.task && seen.at >= from.at) return;
  seen = from;
  task.flows.push_back({at, from.at, from.task, structural});
}

std::optional<NestedRequest> LockTrace::On(const Event& event, const Model& model) {
  if (IsAbsurd(event)) return std::nullopt;
  switch (event.type) {
    case EventType::kLockRequest:
      return OnRequest(event, /*shared=*/false);
    case EventType::kRLockRequest:
      return OnRequest(event, /*shared=*/true);
    case EventType::kLock:
      return OnLock(event, model, /*shared=*/false);
    case EventType::kRLock:
      return OnLock(event, model, /*shared=*/true);
    case EventType::kUnlock:
    case EventType::kRUnlock:
      OnUnlock(event);
      return std::nullopt;
    case EventType::kTaskSpawn:
    case EventType::kTaskJoin:
      OnTask(event);
      return std::nullopt;
    case EventType::kWaitGroupAdd:
      OnGroupAdd(event);
      return std::nullopt;
    case EventType::kSemAcquire:
    case EventType::kSemRelease:
      OnSemaphore(event, model);
      return std::nullopt;
    case EventType::kBarrierArrive:
    case EventType::kHbRelease:
    case EventType::kCancel:
      AddSource({event.task, At(event)}, Sources(Object(event.subject).sources));
      return std::nullopt;
    case EventType::kWaitGroupWait:
    case EventType::kBarrierDepart:
    case EventType::kHbAcquire:
      AfterSources(event, Sources(Object(event.subject).sources));
      return std::nullopt;
    case EventType::kChanSend:
    case EventType::kChanRecv:
    case EventType::kChanRecvClosed:
    case EventType::kChanClose:
    case EventType::kChanLen:
    case EventType::kSelectBegin:
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
    case EventType::kSelectEnd:
      OnChan(event, model);
      return std::nullopt;
    case EventType::kTryLockFail:
      OnTryFail(event);
      return std::nullopt;
    default:
      OnValue(event);
      return std::nullopt;
  }
}

// --- Locks -------------------------------------------------------------------

std::optional<NestedRequest> LockTrace::OnRequest(const Event& event, bool shared) {
  TaskState& task = Task(event.task);
  task.asked = event.subject;
  if (task.held.empty() || event.Has(trace::kFlagTimed) || event.Has(trace::kFlagTry)) {
    return std::nullopt;
  }
  return NestedRequest{event.task, event.subject, shared,
                       At(event),  event.site,    task.held.back().acquire};
}

std::optional<NestedRequest> LockTrace::OnLock(const Event& event, const Model& model,
                                               bool shared) {
  TaskState& task = Task(event.task);
  const bool asked = task.asked == event.subject;
  task.asked = 0;
  for (Held& held : task.held) {
    if (task.acquires[held.acquire].lock != event.subject) continue;
    if (model.Object(event.subject).kind != trace::ObjectKind::kRecursiveMutex) continue;
    ++held.depth;
    return std::nullopt;
  }
  const bool nested = !task.held.empty();
  const std::uint32_t outer = nested ? task.held.back().acquire : kNoAcquire;
  Acquire acquire{.at = At(event), .lock = event.subject, .outer = outer};
  acquire.site = event.site & trace::kMaxSite;
  acquire.shared = shared;
  acquire.tried = event.Has(trace::kFlagTry) || event.Has(trace::kFlagTimed);
  if (task.acquires.empty()) lockers_.push_back(event.task);
  task.held.push_back({static_cast<std::uint32_t>(task.acquires.size()), 1});
  task.acquires.push_back(acquire);
  Object(event.subject).last = {event.task, At(event)};
  if (!nested || asked || event.Has(trace::kFlagTry) || event.Has(trace::kFlagTimed)) {
    return std::nullopt;
  }
  return NestedRequest{event.task, event.subject, shared, At(event), event.site, outer};
}

void LockTrace::OnUnlock(const Event& event) {
  TaskState& task = Task(event.task);
  const bool shared = event.type == EventType::kRUnlock;
  for (std::size_t i = task.held.size(); i-- > 0;) {
    Acquire& acquire = task.acquires[task.held[i].acquire];
    if (acquire.lock != event.subject || acquire.shared != shared) continue;
    if (--task.held[i].depth > 0) return;
    acquire.released = At(event);
    task.held.erase(task.held.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
  OnForeignUnlock(event);
}

// The section that ends is the newest one of that lock that is still open.
void LockTrace::OnForeignUnlock(const Event& event) {
  const Source last = Object(event.subject).last;
  if (last.task == 0) return;
  TaskState& holder = Task(last.task);
  for (std::size_t i = holder.held.size(); i-- > 0;) {
    const std::uint32_t index = holder.held[i].acquire;
    Acquire& acquire = holder.acquires[index];
    if (acquire.lock != event.subject) continue;
    acquire.released = At(event);
    acquire.foreign = true;
    foreign_[Key(last.task, index)] = event.task;
    holder.held.erase(holder.held.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

// --- Flows -------------------------------------------------------------------

void LockTrace::OnTask(const Event& event) {
  if (event.type == EventType::kTaskSpawn) {
    Task(event.subject);
    AddFlow({event.task, At(event)}, event.subject, At(event), /*structural=*/true);
  } else {
    AddFlow({event.subject, At(event)}, event.task, At(event), /*structural=*/true);
  }
}

// One value at a time: variables, atomics, Onces, conditions, timers; and a failed try of a lock.
void LockTrace::OnValue(const Event& event) {
  ObjectState& object = Object(event.subject);
  const Source self{event.task, At(event)};
  switch (event.type) {
    case EventType::kWrite:
    case EventType::kAtomicStore:
    case EventType::kOnceEnd:
    case EventType::kCondSignal:
    case EventType::kCondBroadcast:
    case EventType::kTimerSet:
      object.last = self;
      return;
    case EventType::kAtomicRmw:
      AddFlow(object.last, event.task, At(event));
      object.last = self;
      return;
    case EventType::kCondWake:
      if (event.Has(trace::kFlagFor)) {
        AddFlow({event.actor, At(event)}, event.task, At(event));
        return;
      }
      [[fallthrough]];
    default:
      AddFlow(object.last, event.task, At(event));
  }
}

// Without any of the Adds that a Done followed the counter might fall below zero.
void LockTrace::OnGroupAdd(const Event& event) {
  ObjectState& group = Object(event.subject);
  if (static_cast<std::int64_t>(event.args[0]) > 0) {
    AddSource({event.task, At(event)}, Sources(group.adds));
  } else {
    AfterSources(event, Sources(group.adds));
  }
  AddSource({event.task, At(event)}, Sources(group.sources));
}

// Of n permits, the k-th release comes before the (k+n)-th acquire, and the k-th acquire before the
// k-th release. Then no more are taken, in any subset of the run, than there are, nor less than
// none.
void LockTrace::OnSemaphore(const Event& event, const Model& model) {
  ObjectState& object = Object(event.subject);
  if (object.semaphore == 0) {
    object.semaphore = static_cast<std::uint32_t>(semaphores_.size());
    semaphores_.emplace_back().permits =
        static_cast<std::int64_t>(model.Object(event.subject).detail);
  }
  SemaphoreState& semaphore = semaphores_[object.semaphore];
  const bool acquires = event.type == EventType::kSemAcquire;
  Units& own = acquires ? semaphore.acquired : semaphore.released;
  const auto count = static_cast<std::int64_t>(event.args[0]);
  own.total += count;
  own.rest.push_back({{event.task, At(event)}, count});
  if (acquires) {
    AfterFirst(own.total - semaphore.permits, semaphore.released, event);
  } else {
    AfterFirst(own.total, semaphore.acquired, event);
  }
}

// It failed because of what was taken: of a lock, by its last acquisition.
void LockTrace::OnTryFail(const Event& event) {
  OnValue(event);
  const std::uint32_t semaphore = Object(event.subject).semaphore;
  if (semaphore == 0) return;
  Units& acquired = semaphores_[semaphore].acquired;
  AfterFirst(acquired.total, acquired, event);
}

void LockTrace::AfterFirst(std::int64_t count, Units& units, const Event& event) {
  std::vector<Source>& needed = Sources(units.needed_from);
  while (units.counted < count && !units.rest.empty()) {
    units.counted += units.rest.front().count;
    AddSource(units.rest.front().source, needed);
    units.rest.pop_front();
  }
  AfterSources(event, needed);
}

void LockTrace::AddSource(Source source, std::vector<Source>& sources) {
  if (!sources.empty() && sources.back().task == source.task) {
    sources.back().at = source.at;
  } else {
    sources.push_back(source);
  }
}

void LockTrace::AfterSources(const Event& event, std::vector<Source>& sources) {
  for (const Source& source : sources) AddFlow(source, event.task, At(event));
  // All of them are before this event: from here on it may stand for them.
  if (sources.size() > kManySources) sources.assign(1, {event.task, At(event)});
}

void LockTrace::OnChan(const Event& event, const Model& model) {
  TaskState& task = Task(event.task);
  switch (event.type) {
    case EventType::kSelectBegin:
      task.select_cases.clear();
      return;
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
      task.select_cases.push_back(event.subject);
      return;
    case EventType::kSelectEnd:
      OnSelectEnd(event, model);
      return;
    default:
      break;
  }
  ChanState& chan = Chan(event.subject, model);
  if (event.type == EventType::kChanSend) return OnSend(event, chan);
  if (event.type == EventType::kChanRecv) return OnRecv(event, chan);
  AddFlow(chan.last_send, event.task, At(event));
  AddFlow(chan.last_recv, event.task, At(event));
  AddFlow(chan.close, event.task, At(event));
  if (event.type == EventType::kChanClose) chan.close = {event.task, At(event)};
}

void LockTrace::OnSend(const Event& event, ChanState& chan) {
  AddFlow(chan.last_send, event.task, At(event));
  if (chan.capacity > 0 && chan.sent >= chan.capacity && !chan.recvs.empty()) {
    AddFlow(chan.recvs.front(), event.task, At(event));
    chan.recvs.pop_front();
  }
  ++chan.sent;
  chan.last_send = {event.task, At(event)};
  chan.sends.push_back(chan.last_send);
}

void LockTrace::OnRecv(const Event& event, ChanState& chan) {
  AddFlow(chan.last_recv, event.task, At(event));
  chan.last_recv = {event.task, At(event)};
  Source send;
  if (!chan.sends.empty()) {
    send = chan.sends.front();
    chan.sends.pop_front();
  }
  AddFlow(send, event.task, At(event));
  if (chan.capacity > 0) {
    chan.recvs.push_back(chan.last_recv);
  } else if (send.task != 0) {
    // A rendezvous: the sender goes on only after it.
    AddFlow(chan.last_recv, send.task, At(event));
  }
}

// The default was taken because no case was ready: that depends on all of them.
void LockTrace::OnSelectEnd(const Event& event, const Model& model) {
  TaskState& task = Task(event.task);
  if (event.subject == task.select_cases.size()) {
    for (const ObjectId channel : task.select_cases) {
      if (channel == 0) continue;
      const ChanState& chan = Chan(channel, model);
      AddFlow(chan.last_send, event.task, At(event));
      AddFlow(chan.last_recv, event.task, At(event));
      AddFlow(chan.close, event.task, At(event));
    }
  }
  task.select_cases.clear();
}

}  // namespace gordian::detector
