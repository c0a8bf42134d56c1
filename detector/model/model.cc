#include "detector/model/model.h"

#include <algorithm>

#include "detector/model/state.h"
#include "instrument/trace/decoder.h"

namespace gordian::detector {

using trace::Event;
using trace::Subject;

TaskState* Model::State::FindTask(TaskId id) {
  TaskState* task = id != 0 ? tasks.At(id) : nullptr;
  if (task == nullptr) return nullptr;
  if (task->info.id == 0) {
    task->info.id = id;
    open_tasks.push_back(id);
  }
  present_id = id;
  return present = task;
}

Model::Model() : state_(std::make_unique<State>()) { present_ = {0, &FindTask(0), &FindClock(0)}; }
Model::~Model() = default;

void Model::Apply(const Event& event) {
  State& state = *state_;
  ++state.events;
  state.now = std::max(state.now, event.time);
  TaskState* task = state.TaskAt(event.task);
  if (task != nullptr && event.site != 0 && !event.Has(trace::kFlagFor)) {
    task->info.last_site = event.site;
  }
  if (IsAccess(event.type)) {
    state.happens_before.Access(event.task);
    return Notice(event.task);
  }
  const trace::RecordShape shape = trace::kRecordShapes[static_cast<std::size_t>(event.type)];
  if (shape.subject == Subject::kObject) {
    const bool is_life =
        event.type == trace::EventType::kObjectBegin || event.type == trace::EventType::kObjectEnd;
    const bool is_done = is_life && task != nullptr && state.ApplyToVariable(event, *task);
    ObjectState* object = is_done ? nullptr : state.ObjectAt(event.subject);
    if (task != nullptr && object != nullptr) {
      state.ApplyToObject(event, *task, *object);
    } else if (task != nullptr && event.subject == 0) {
      state.ApplyToTask(event, *task);
    } else if (object != nullptr && event.type == trace::EventType::kObjectName) {
      object->info.name = event.text;
    }
  } else if (task != nullptr) {
    state.ApplyToTask(event, *task);
  } else if (event.type == trace::EventType::kTaskSpawn) {
    state.Spawn(event, nullptr);
  }
  if (shape.order == trace::Order::kLocal) state.ApplyToProcess(event);
  state.happens_before.Apply(event);
  Notice(event.task);
}

void Model::Notice(TaskId id) {
  if (id != present_.id) present_ = {id, &FindTask(id), &FindClock(id)};
}

const TaskInfo& Model::FindTask(TaskId id) const {
  static const TaskInfo kUnknown;
  const TaskState* task = state_->tasks.Find(id);
  return task != nullptr ? task->info : kUnknown;
}

const ObjectInfo& Model::Object(ObjectId id) const {
  static const ObjectInfo kUnknown;
  if (const ObjectState* object = state_->FindObject(id)) return object->info;
  const std::uint32_t* const variable = state_->variables.Find(id);
  return variable != nullptr ? state_->alike[*variable] : kUnknown;
}

const std::vector<TaskId>& Model::open_tasks() const {
  std::vector<TaskId>& open = state_->open_tasks;
  std::erase_if(open, [&](TaskId id) {
    const TaskInfo& task = Task(id);
    return task.ended && (task.kind != trace::TaskKind::kThread || task.joined || task.detached);
  });
  std::ranges::sort(open);
  return open;
}

TaskId Model::task_count() const { return state_->tasks.last(); }
ObjectId Model::object_count() const {
  return std::max(state_->objects.last(), state_->variables.last());
}

const TaskClock& Model::FindClock(TaskId id) const { return state_->happens_before.Clock(id); }
std::uint32_t Model::Epoch(TaskId id) const { return ClockOf(id).epoch(); }

bool Model::HappenedBefore(TaskId t, std::uint32_t epoch, TaskId u) const {
  return t == u || ClockOf(u).Knows(ClockOf(t).slot(), epoch);
}

bool Model::LoadKnows(const trace::Event& load, ClockSlot slot, std::uint32_t epoch) const {
  return state_->happens_before.LoadedBy(load).Knows(slot, epoch);
}

const MemoryBlock* Model::BlockAt(std::uint64_t address) const {
  return state_->happens_before.memory().At(address);
}

const std::vector<ObjectId>& Model::armed_timers() const { return state_->armed_timers; }
bool Model::main_ended() const { return state_->main_ended; }
std::uint64_t Model::now() const { return state_->now; }
std::uint32_t Model::current_test() const { return state_->current_test; }
std::uint64_t Model::events() const { return state_->events; }
std::uint64_t Model::losses() const { return state_->losses; }

std::string_view Model::TestName(std::uint32_t test) const {
  const auto found = state_->tests.find(test);
  return found != state_->tests.end() ? std::string_view(found->second) : std::string_view();
}

}  // namespace gordian::detector
