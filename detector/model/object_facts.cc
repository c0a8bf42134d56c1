// Objects: who holds, who waits, what is inside.
#include <algorithm>

#include "detector/model/state.h"

namespace gordian::detector {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

void Model::State::Use(ObjectState& object, TaskId task, SiteId site) {
  if (object.last_user == task) return;
  object.last_user = task;
  const auto add = [&] {
    object.info.users.push_back(task);
    object.info.used_at.push_back(site);
  };
  if (task < 64) {
    const std::uint64_t bit = std::uint64_t{1} << task;
    if ((object.low_users & bit) == 0) add();
    object.low_users |= bit;
    return;
  }
  if (object.high_users == nullptr) {
    object.high_users = std::make_unique<absl::flat_hash_set<TaskId>>();
  }
  if (object.high_users->insert(task).second) add();
}

void Model::State::Begin(const Event& event, const TaskState& task, ObjectInfo& object) {
  object.kind = static_cast<ObjectKind>(event.args[0]);
  object.detail = event.args[1];
  object.created_at = event.site;
  object.begin_seq = event.seq;
  if (object.kind == ObjectKind::kTimer || object.kind == ObjectKind::kTicker) {
    timers_made_at[event.site] = object.kind;
  }
  object.creator = task.info.id;
  object.test = task.info.test != 0 ? task.info.test : current_test;
}

void Model::State::Acquire(const Event& event, TaskInfo& task, ObjectInfo& object, bool shared) {
  if (task.wait.kind != WaitKind::kNone) EndWait(task);
  if (object.kind == ObjectKind::kRecursiveMutex) {
    for (Hold& hold : task.held) {
      if (hold.object == object.id) {
        ++hold.depth;
        return;
      }
    }
  }
  task.held.push_back({object.id, shared, 1, event.site, event.seq, event.time});
  if (!shared) object.write_held = true;
  if (object.holders.empty() ||
      std::find(object.holders.begin(), object.holders.end(), task.id) == object.holders.end()) {
    object.holders.push_back(task.id);
  }
}

// Where the task does not hold it, whoever does loses it: a lock used as a signal.
void Model::State::Release(TaskInfo& task, ObjectInfo& object, bool shared) {
  TaskInfo* holder = &task;
  const auto is_this = [&](const Hold& hold) {
    return hold.object == object.id && hold.shared == shared;
  };
  auto hold = std::find_if(task.held.rbegin(), task.held.rend(), is_this);
  if (hold == task.held.rend()) {
    if (object.holders.empty()) return;
    object.foreign_unlock = true;
    holder = &TaskAt(object.holders.front())->info;
    hold = std::find_if(holder->held.rbegin(), holder->held.rend(), is_this);
    if (hold == holder->held.rend()) return;
  }
  if (hold->depth > 1) {
    --hold->depth;
    return;
  }
  holder->held.erase(std::next(hold).base());
  if (!shared) object.write_held = false;
  const bool still_holds = std::any_of(holder->held.begin(), holder->held.end(),
                                       [&](const Hold& h) { return h.object == object.id; });
  if (!still_holds) std::erase(object.holders, holder->id);
}

void Model::State::Disarm(ObjectId timer) { std::erase(armed_timers, timer); }

void Model::State::ApplyToObject(const Event& event, TaskState& state, ObjectState& object) {
  TaskInfo& task = state.info;
  ObjectInfo& info = object.info;
  switch (event.type) {
    case EventType::kObjectBegin:
      return Begin(event, state, info);
    case EventType::kObjectName:
      info.name = event.text;
      return;
    case EventType::kObjectEnd:
      info.ended = true;
      Disarm(info.id);
      return;
    case EventType::kChanHandles:
      info.handles = static_cast<std::uint32_t>(event.args[0]);
      return;
    case EventType::kObjectAt:
    case EventType::kHeapAlloc:
    case EventType::kHeapFree:
    case EventType::kStackBegin:
    case EventType::kStackEnd:
      return;
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
      Use(object, task.id, event.site);
      state.cases.push_back({info.id, event.type == EventType::kSelectCaseSend, event.site});
      return;
    default:
      break;
  }
  Use(object, task.id, event.site);
  switch (event.type) {
    case EventType::kLockRequest:
      return BeginWait(event, task, WaitKind::kLock, &object);
    case EventType::kLock:
      return Acquire(event, task, info, false);
    case EventType::kUnlock:
      return Release(task, info, false);
    case EventType::kRLockRequest:
      return BeginWait(event, task, WaitKind::kRLock, &object);
    case EventType::kRLock:
      return Acquire(event, task, info, true);
    case EventType::kRUnlock:
      return Release(task, info, true);
    case EventType::kCondWait:
      return BeginWait(event, task, WaitKind::kCond, &object);
    case EventType::kWaitGroupRequest:
      return BeginWait(event, task, WaitKind::kWaitGroup, &object);
    case EventType::kWaitGroupAdd:
      info.value = static_cast<std::int64_t>(event.args[1]);
      return;
    case EventType::kOnceRequest:
      return BeginWait(event, task, WaitKind::kOnce, &object);
    case EventType::kOnceBegin:
      EndWait(task);
      info.holders.assign(1, task.id);
      return;
    case EventType::kOnceEnd:
      info.holders.clear();
      info.value = 1;
      return;
    case EventType::kChanSendRequest:
      return BeginWait(event, task, WaitKind::kSend, &object);
    case EventType::kChanRecvRequest:
      return BeginWait(event, task, WaitKind::kRecv, &object);
    case EventType::kChanSend:
      ++info.value;
      return EndWait(task);
    case EventType::kChanRecv:
      --info.value;
      return EndWait(task);
    case EventType::kChanClose:
      info.closed = true;
      return;
    case EventType::kSemRequest:
      return BeginWait(event, task, WaitKind::kSemaphore, &object);
    case EventType::kSemAcquire:
      info.value += static_cast<std::int64_t>(event.args[0]);
      return EndWait(task);
    case EventType::kSemRelease:
      info.value -= static_cast<std::int64_t>(event.args[0]);
      return;
    case EventType::kBarrierRequest:
      return BeginWait(event, task, WaitKind::kBarrier, &object);
    case EventType::kWaitEnd:
    case EventType::kCondWake:
    case EventType::kWaitGroupWait:
    case EventType::kOnceSeen:
    case EventType::kChanRecvClosed:
    case EventType::kBarrierDepart:
      return EndWait(task);
    case EventType::kTimerSet:
      Disarm(info.id);
      armed_timers.push_back(info.id);
      return;
    case EventType::kTimerFire:
      if (info.kind != ObjectKind::kTicker) Disarm(info.id);
      return;
    case EventType::kTimerStop:
      return Disarm(info.id);
    default:
      return;
  }
}

}  // namespace gordian::detector
