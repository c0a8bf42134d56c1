// What the model keeps, and the two sides of keeping it: tasks and objects.
#ifndef GORDIAN_DETECTOR_MODEL_STATE_H_
#define GORDIAN_DETECTOR_MODEL_STATE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/model/happens_before.h"
#include "detector/model/model.h"
#include "detector/model/paged_table.h"

namespace gordian::detector {

struct TaskState {
  TaskInfo info;
  std::vector<SelectCase> cases;  // of the select that is being written
};

struct ObjectState {
  TaskId last_user = 0;
  std::uint64_t low_users = 0;  // bit n: task n is among the users
  ObjectInfo info;
  std::uint32_t armed_at = 0;  // a timer's place in `armed_timers`, from 1
  bool misused = false;
  std::uint32_t prune_at = 128;                             // users
  std::unique_ptr<absl::flat_hash_set<TaskId>> high_users;  // those from 64 on
};

struct Model::State {
  HappensBefore happens_before;
  PagedTable<TaskState> tasks;
  PagedTable<std::unique_ptr<ObjectState>> objects;
  // Of most variables no more is known than where and by whom they were made: those that are made
  // alike share that. What else becomes known of one makes it an object of its own.
  PagedTable<std::uint32_t> variables;  // → in `alike`; 0: none
  std::deque<ObjectInfo> alike{1};
  absl::flat_hash_map<std::tuple<SiteId, TaskId, std::uint32_t, std::uint64_t>, std::uint32_t>
      made_alike;
  // Whom the last event was about: the next one most likely is too.
  TaskId present_id = 0;
  TaskState* present = nullptr;
  absl::flat_hash_map<trace::StreamId, TaskId> running;
  // Spawned by a stream since it last read the clock: its next reading tells since when they
  // could run, at the latest.
  absl::flat_hash_map<trace::StreamId, std::vector<TaskId>> spawned;
  absl::flat_hash_map<std::uint32_t, std::string> tests;
  std::vector<ObjectId> armed_timers;
  std::vector<TaskId> open_tasks;  // and some that have closed since they were last asked for
  absl::flat_hash_map<std::string, std::uint32_t> task_names;     // given to how many tasks
  absl::flat_hash_map<TaskId, std::string> task_labels;           // of those that live
  absl::flat_hash_map<SiteId, trace::ObjectKind> timers_made_at;  // timers and tickers
  std::uint64_t now = 0, events = 0, losses = 0;
  std::uint32_t current_test = 0;
  bool main_ended = false;

  // Entries by id, made where they are new; nullptr for 0 and for absurd ids.
  TaskState* TaskAt(TaskId id) { return id == present_id ? present : FindTask(id); }
  TaskState* FindTask(TaskId id);
  ObjectState* ObjectAt(ObjectId id) {
    std::unique_ptr<ObjectState>* const object = id != 0 ? objects.At(id) : nullptr;
    if (object == nullptr) return nullptr;
    if (*object == nullptr) [[unlikely]]
      *object = NewObject(id);
    return object->get();
  }
  // nullptr where it is not known, or nothing of its own is.
  ObjectState* FindObject(ObjectId id) const {
    const std::unique_ptr<ObjectState>* const object = objects.Find(id);
    return object != nullptr ? object->get() : nullptr;
  }

  // task_facts.cc
  void ApplyToProcess(const trace::Event& event);
  void ApplyToTask(const trace::Event& event, TaskState& task);
  void Spawn(const trace::Event& event, const TaskState* parent);
  void ReadClock(trace::StreamId stream, std::uint64_t ns);
  void Run(const trace::Event& event, TaskInfo& task);
  void BeginWait(const trace::Event& event, TaskInfo& task, WaitKind kind, ObjectState* object);
  void EndWait(TaskInfo& task);
  void Block(const trace::Event& event, TaskState& task);

  // object_facts.cc
  std::unique_ptr<ObjectState> NewObject(ObjectId id) const;
  // Takes an event of a variable that shares what is known of it; false where it does not.
  bool ApplyToVariable(const trace::Event& event, const TaskState& task);
  void ApplyToObject(const trace::Event& event, TaskState& task, ObjectState& object);
  void Begin(const trace::Event& event, const TaskState& task, ObjectInfo& object);
  void Acquire(const trace::Event& event, TaskInfo& task, ObjectInfo& object, bool shared);
  void Release(TaskInfo& task, ObjectInfo& object, bool shared);
  void End(ObjectState& object);
  void Arm(ObjectState& timer);
  void Disarm(ObjectState& timer);
  void Use(ObjectState& object, TaskId task, SiteId site) {
    if (object.last_user != task) UseAnew(object, task, site);
  }
  void UseAnew(ObjectState& object, TaskId task, SiteId site);
  void PruneUsers(ObjectState& object);
  void NameTask(TaskInfo& task, std::string_view name);
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_STATE_H_
