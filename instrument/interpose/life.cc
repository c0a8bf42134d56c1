#include "instrument/interpose/life.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "instrument/interpose/watcher.h"

namespace gordian::interpose {
namespace {

using trace::EventType;

struct Handles {
  std::mutex mutex;
  std::unordered_map<pthread_t, trace::TaskId> tasks;
};

Handles& TheHandles() {
  static Handles& handles = *new Handles;
  return handles;
}

trace::TaskId TaskOf(pthread_t thread) {
  Handles& handles = TheHandles();
  std::lock_guard lock(handles.mutex);
  const auto found = handles.tasks.find(thread);
  return found == handles.tasks.end() ? 0 : found->second;
}

// The handle is gone.
trace::TaskId TakeHandle(pthread_t thread) {
  Handles& handles = TheHandles();
  std::lock_guard lock(handles.mutex);
  auto node = handles.tasks.extract(thread);
  return node.empty() ? 0 : node.mapped();
}

void RecordSpawn(Recording& recording, Caller caller, trace::TaskId child, bool detached) {
  recorder::ThreadLog& log = recording.log();
  const trace::SiteId site = SiteOf(recording, caller);
  const auto kind = static_cast<std::uint64_t>(trace::TaskKind::kThread);
  recorder::LocalText(log, EventType::kTaskSpawn, child, site, {}, {.operands = {kind}});
  if (detached) recorder::Local(log, EventType::kTaskDetach, child, site);
}

// The thread could not be made.
void TakeBackSpawn(Recording& recording, trace::TaskId child) {
  const auto how = static_cast<std::uint64_t>(trace::TaskEndReason::kExit);
  recorder::Local(recording.log(), EventType::kTaskEnd, child, 0,
                  {.for_task = child, .operands = {how}});
  recorder::Local(recording.log(), EventType::kTaskDetach, child, 0);
}

// The C library frees memory of the thread that it has waited for: of nobody's.
class Joining {
 public:
  Joining() { t_thread.joins = true; }
  ~Joining() { t_thread.joins = false; }
  Joining(const Joining&) = delete;
  Joining& operator=(const Joining&) = delete;
};

// Ends the wait of a join, also where the joiner is cancelled.
class JoinWait {
 public:
  JoinWait(trace::TaskId child, trace::SiteId site, bool is_open)
      : child_(child), site_(site), is_open_(is_open) {}
  ~JoinWait() {
    if (is_open_) End(trace::WaitEndReason::kCancelled);
  }
  void Succeed() {
    is_open_ = false;
    if (Recording recording(WaitIsOver::kNow); recording) {
      recorder::Local(recording.log(), EventType::kTaskJoin, child_, site_);
    }
  }
  void Fail(trace::WaitEndReason why) {
    if (std::exchange(is_open_, false)) End(why);
  }

 private:
  void End(trace::WaitEndReason why) {
    if (Recording recording(WaitIsOver::kNow); recording) {
      recorder::Local(recording.log(), EventType::kWaitEnd, 0, site_,
                      {.operands = {static_cast<std::uint64_t>(why)}});
    }
  }

  const trace::TaskId child_;
  const trace::SiteId site_;
  bool is_open_;
};

}  // namespace

int CreateThread(Caller caller, pthread_t* thread, bool detached, const Birth& birth,
                 FunctionRef<int(Birth*)> create) {
  Recording recording;
  auto* own = new Birth(birth);
  if (!recording) return create(own);
  EnsureWatcher();
  own->task = recorder::NewTask();
  const trace::TaskId child = own->task;
  RecordSpawn(recording, caller, child, detached);
  Handles& handles = TheHandles();
  std::unique_lock lock(handles.mutex);
  const int error = create(own);
  if (error == 0 && !detached) handles.tasks[*thread] = child;
  lock.unlock();
  if (error != 0) {
    delete own;
    TakeBackSpawn(recording, child);
  }
  return error;
}

Birth BeginThread(void* data) {
  const Birth birth = *static_cast<Birth*>(data);
  ThreadState& thread = t_thread;
  BeBusy(thread);
  delete static_cast<Birth*>(data);
  if (recorder::On()) Adopt(thread, birth.task);
  BeFree(thread);
  return birth;
}

void* RunThread(void* data) {
  const Birth birth = BeginThread(data);
  return reinterpret_cast<void* (*)(void*)>(birth.function)(birth.argument);
}

int JoinThread(Caller caller, pthread_t thread, JoinKind kind, FunctionRef<int()> join) {
  trace::TaskId child = 0;
  trace::SiteId site = 0;
  if (Recording recording; recording) {
    child = TaskOf(thread);
    if (child != 0) {
      site = SiteOf(recording, caller);
      if (kind != JoinKind::kTries) {
        Ask(recording, {.type = EventType::kTaskJoinRequest,
                        .joined = child,
                        .site = site,
                        .flags = TimedFlag(kind == JoinKind::kTimed)});
      }
    }
  }
  const auto join_quietly = [&] {
    const Joining joining;
    return join();
  };
  if (child == 0) return join_quietly();
  JoinWait wait(child, site, kind != JoinKind::kTries);
  const int error = join_quietly();
  if (error == 0) {
    wait.Succeed();
    Recording busy;  // the table's memory is ours
    TakeHandle(thread);
  } else {
    wait.Fail(kind == JoinKind::kTimed ? trace::WaitEndReason::kTimeout
                                       : trace::WaitEndReason::kGaveUp);
  }
  return error;
}

void DetachThread(Caller caller, pthread_t thread) {
  Recording recording;
  if (!recording) return;
  const trace::TaskId child = TakeHandle(thread);
  if (child == 0) return;
  const trace::SiteId site = SiteOf(recording, caller);
  recorder::Local(recording.log(), EventType::kTaskDetach, child, site);
}

void NameThread(pthread_t thread, std::string_view name) {
  Recording recording;
  if (!recording) return;
  const trace::TaskId task =
      pthread_equal(thread, pthread_self()) != 0 ? recording.task() : TaskOf(thread);
  if (task != 0) recorder::LocalText(recording.log(), EventType::kTaskName, task, 0, name);
}

void KnowSelf(const Recording& recording) {
  Handles& handles = TheHandles();
  std::lock_guard lock(handles.mutex);
  handles.tasks[pthread_self()] = recording.task();
}

void ForgetOtherThreads() {
  // Not under its lock, which a thread that is gone may have held.
  Handles& handles = TheHandles();
  new (&handles.mutex) std::mutex;
  handles.tasks.clear();
}

}  // namespace gordian::interpose
