// Objects: who holds, who waits, what is inside.
#include <algorithm>

#include "detector/model/state.h"

namespace gordian::detector {

using trace::Event;
using trace::EventType;
using trace::ObjectKind;

namespace {

// Nothing is said of it at a cut where one task alone has used it.
bool IsPlain(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kTimer:
    case ObjectKind::kTicker:
    case ObjectKind::kContext:
    case ObjectKind::kChan:  // may be a timer's or a context's
    case ObjectKind::kMemory:
    case ObjectKind::kCustom:
    case ObjectKind::kVariable:  // accesses and loads are not ordered: one may come after the end
    case ObjectKind::kAtomic:
      return false;
    default:
      return true;
  }
}

bool Holds(const TaskInfo& task, ObjectId object) {
  return std::ranges::find(task.held, object, &Hold::object) != task.held.end();
}

}  // namespace

std::unique_ptr<ObjectState> Model::State::NewObject(ObjectId id) const {
  auto object = std::make_unique<ObjectState>();
  const std::uint32_t* const variable = variables.Find(id);
  if (variable != nullptr) object->info = alike[*variable];
  object->info.id = id;
  return object;
}

bool Model::State::ApplyToVariable(const Event& event, const TaskState& task) {
  if (FindObject(event.subject) != nullptr) return false;
  if (event.type == EventType::kObjectBegin) {
    if (event.args[0] != static_cast<std::uint64_t>(ObjectKind::kVariable)) return false;
    std::uint32_t* const variable = variables.At(event.subject);
    if (variable == nullptr) return false;
    ObjectInfo info;
    Begin(event, task, info);
    const auto [found, is_new] =
        made_alike.try_emplace({info.created_at, info.creator, info.test, info.detail},
                               static_cast<std::uint32_t>(alike.size()));
    if (is_new) alike.push_back(std::move(info));
    *variable = found->second;
    return true;
  }
  // Accesses are not ordered: one may come after the end, which therefore ends nothing.
  const std::uint32_t* const variable = variables.Find(event.subject);
  return event.type == EventType::kObjectEnd && variable != nullptr && *variable != 0;
}

void Model::State::UseAnew(ObjectState& object, TaskId task, SiteId site) {
  if (object.info.users.size() >= object.prune_at) PruneUsers(object);
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

// Of those who have ended, the first few stay to be named.
void Model::State::PruneUsers(ObjectState& object) {
  constexpr std::uint32_t kKept = 16, kFewest = 128;
  ObjectInfo& info = object.info;
  std::uint32_t kept = 0, gone = 0;
  for (std::size_t i = 0; i < info.users.size(); ++i) {
    const TaskState* user = tasks.Find(info.users[i]);
    if (user != nullptr && user->info.ended && ++gone > kKept) continue;
    info.users[kept] = info.users[i];
    info.used_at[kept++] = info.used_at[i];
  }
  info.gone_users += static_cast<std::uint32_t>(info.users.size()) - kept;
  info.users.resize(kept);
  info.used_at.resize(kept);
  object.prune_at = std::max(kFewest, 2 * kept);
  if (object.high_users == nullptr) return;
  object.high_users->clear();
  object.high_users->insert(info.users.begin(), info.users.end());
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
  if (!Holds(task, object.id)) object.holders.Join(task.id);
  task.held.push_back({object.id, shared, 1, event.site, event.seq, event.time});
  if (!shared) object.write_held = true;
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
  if (!Holds(*holder, object.id)) object.holders.Leave(holder->id);
}

// Of an object that only one task has used, and properly, there is nothing to tell any more. Of
// another one, who used it does not matter where nobody holds it or waits for it.
void Model::State::End(ObjectState& object) {
  ObjectInfo& info = object.info;
  info.ended = true;
  Disarm(object);
  if (!info.holders.empty() || !info.waiters.empty() || object.misused) return;
  if (info.users.size() <= 1 && info.gone_users == 0 && IsPlain(info.kind)) {
    return objects.Forget(info.id);
  }
  info.users = {};
  info.used_at = {};
  info.holders = {};
  info.waiters = {};
  object.high_users.reset();
}

void Model::State::Arm(ObjectState& timer) {
  if (timer.armed_at != 0) return;
  armed_timers.push_back(timer.info.id);
  timer.armed_at = static_cast<std::uint32_t>(armed_timers.size());
}

void Model::State::Disarm(ObjectState& timer) {
  if (timer.armed_at == 0) return;
  const ObjectId last = armed_timers.back();
  armed_timers[timer.armed_at - 1] = last;
  (*objects.At(last))->armed_at = timer.armed_at;
  armed_timers.pop_back();
  timer.armed_at = 0;
}

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
      return End(object);
    case EventType::kMisuse:
      object.misused = true;
      break;
    case EventType::kChanHandles:
      info.handles = static_cast<std::uint32_t>(event.args[0]);
      return;
    case EventType::kObjectAt:
      info.first_used = event.args[1] == 0;
      return;
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
      info.holders.Clear();
      info.holders.Join(task.id);
      return;
    case EventType::kOnceEnd:
      info.holders.Clear();
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
      return Arm(object);
    case EventType::kTimerFire:
      if (info.kind != ObjectKind::kTicker) Disarm(object);
      return;
    case EventType::kTimerStop:
      return Disarm(object);
    default:
      return;
  }
}

}  // namespace gordian::detector
