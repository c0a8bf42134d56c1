// Tasks: their runs, waits and ends, and the process around them.
#include <algorithm>

#include "detector/model/state.h"

namespace gordian::detector {

using trace::Event;
using trace::EventType;

void Model::State::ApplyToProcess(const Event& event) {
  switch (event.type) {
    case EventType::kTime:
      ReadClock(event.stream, event.args[0]);
      break;
    case EventType::kTaskSpawn:
      // In no stretch: a thread of the library says itself what it is.
      if (TaskState* own = event.task == 0 ? TaskAt(event.subject) : nullptr) {
        own->info.kind = static_cast<trace::TaskKind>(event.args[0]);
      }
      break;
    case EventType::kTaskRun:
      ReadClock(event.stream, event.args[1]);
      break;
    case EventType::kTaskStop:
    case EventType::kTaskReady:
      ReadClock(event.stream, event.args[0]);
      break;
    case EventType::kLoss:
      losses += event.args[0];
      break;
    case EventType::kTestBegin:
      current_test = event.subject;
      tests[event.subject] = event.text;
      break;
    case EventType::kTestEnd:
      if (current_test == event.subject) current_test = 0;
      break;
    case EventType::kProcessEnd:
      main_ended = true;
      break;
    default:
      break;
  }
}

void Model::State::ReadClock(trace::StreamId stream, std::uint64_t ns) {
  now = std::max(now, ns);
  if (spawned.empty()) return;
  const auto waiting = spawned.find(stream);
  if (waiting == spawned.end()) return;
  for (const TaskId id : waiting->second) {
    TaskState* task = TaskAt(id);
    if (task != nullptr && !task->info.started) task->info.ready_since = ns;
  }
  spawned.erase(waiting);
}

// A thread that nobody in the program started says itself what it is: it has no parent.
void Model::State::Spawn(const Event& event, const TaskState* parent) {
  TaskState* child = TaskAt(event.subject);
  if (child == nullptr) return;
  child->info.kind = static_cast<trace::TaskKind>(event.args[0]);
  if (!event.text.empty()) child->info.name = event.text;
  child->info.spawned_at = event.site;
  child->info.spawned_seq = event.seq;
  if (child->info.kind == trace::TaskKind::kGoroutine)
    spawned[event.stream].push_back(event.subject);
  if (parent == nullptr || parent == child) return;
  child->info.parent = parent->info.id;
  child->info.test = parent->info.test != 0 ? parent->info.test : current_test;
}

void Model::State::Run(const Event& event, TaskInfo& task) {
  TaskId& on_stream = running[event.stream];
  if (on_stream != task.id) {
    if (TaskState* before = TaskAt(on_stream)) before->info.running = false;
    on_stream = task.id;
  }
  task.started = true;
  task.running = true;
  task.ready_since = 0;
  task.run_since = event.args[1];
}

void Model::State::BeginWait(const Event& event, TaskInfo& task, WaitKind kind,
                             ObjectState* object) {
  EndWait(task);
  Wait& wait = task.wait;
  wait.kind = kind;
  wait.object = object != nullptr ? object->info.id : 0;
  wait.joined = kind == WaitKind::kJoin ? event.subject : 0;
  wait.timed = kind == WaitKind::kSleep || event.Has(trace::kFlagTimed);
  wait.site = event.site;
  wait.seq = event.seq;
  wait.time = event.time;
  if (object != nullptr) object->info.waiters.Join(task.id);
}

void Model::State::EndWait(TaskInfo& task) {
  Wait& wait = task.wait;
  if (wait.kind == WaitKind::kNone) return;
  const auto leave = [&](ObjectId id) {
    if (ObjectState* object = ObjectAt(id)) object->info.waiters.Leave(task.id);
  };
  leave(wait.object);
  for (const SelectCase& choice : wait.cases) leave(choice.channel);
  wait.cases.clear();
  wait.kind = WaitKind::kNone;
  wait.object = 0;
  wait.joined = 0;
}

void Model::State::Block(const Event& event, TaskState& task) {
  BeginWait(event, task.info, WaitKind::kSelect, nullptr);
  task.info.wait.cases = task.cases;
  const std::vector<SelectCase>& cases = task.cases;
  for (auto choice = cases.begin(); choice != cases.end(); ++choice) {
    const auto same = [&](const SelectCase& other) { return other.channel == choice->channel; };
    if (std::any_of(cases.begin(), choice, same)) continue;
    if (ObjectState* object = ObjectAt(choice->channel)) object->info.waiters.Join(task.info.id);
  }
}

void Model::State::ApplyToTask(const Event& event, TaskState& task) {
  TaskInfo& info = task.info;
  switch (event.type) {
    case EventType::kTaskRun:
      return Run(event, info);
    case EventType::kTaskStop:
      info.running = false;
      return;
    case EventType::kTaskSpawn:
      return Spawn(event, &task);
    case EventType::kTaskName:
      if (TaskState* named = TaskAt(event.subject)) NameTask(named->info, event.text);
      return;
    case EventType::kTaskLabels:
      if (event.text.empty()) {
        task_labels.erase(event.subject);
      } else {
        task_labels[event.subject] = event.text;
      }
      return;
    case EventType::kTaskReady:
      // Written by whoever woke it: the subject is the task.
      // Nothing but time places it: the run that it led to may stand before it.
      if (TaskState* ready = TaskAt(event.subject);
          ready != nullptr && event.args[0] > ready->info.run_since) {
        ready->info.ready_since = event.args[0];
      }
      return;
    case EventType::kTaskEnd:
      EndWait(info);
      info.ended = true;
      info.running = false;
      info.ready_since = 0;
      info.ended_at = event.site;
      info.how = static_cast<trace::TaskEndReason>(event.args[0]);
      info.wait.cases = {};
      task.cases = {};
      task_labels.erase(info.id);
      if (info.held.empty()) info.held = {};
      return;
    case EventType::kTaskJoinRequest:
      return BeginWait(event, info, WaitKind::kJoin, nullptr);
    case EventType::kTaskJoin:
      EndWait(info);
      if (TaskState* joined = TaskAt(event.subject)) joined->info.joined = true;
      return;
    case EventType::kTaskDetach:
      if (TaskState* detached = TaskAt(event.subject)) detached->info.detached = true;
      return;
    case EventType::kTaskFrozen:
      if (TaskState* frozen = TaskAt(event.subject)) frozen->info.frozen = true;
      return;
    case EventType::kSleep:
      return BeginWait(event, info, WaitKind::kSleep, nullptr);
    case EventType::kWaitEnd:
    case EventType::kSelectEnd:
      return EndWait(info);
    case EventType::kSelectBegin:
      task.cases.clear();
      return;
    case EventType::kSelectCaseSend:
    case EventType::kSelectCaseRecv:
      task.cases.push_back({0, event.type == EventType::kSelectCaseSend, event.site});
      return;
    case EventType::kSelectBlock:
      return Block(event, task);
    case EventType::kMisuse:
    case EventType::kChanSendRequest:
    case EventType::kChanRecvRequest:
      // On the nil channel, which is object 0.
      if (!info.wait && (event.type != EventType::kMisuse ||
                         event.args[0] == static_cast<int>(trace::MisuseKind::kNilBlock))) {
        BeginWait(event, info, WaitKind::kNilChan, nullptr);
      }
      return;
    default:
      return;
  }
}

}  // namespace gordian::detector
