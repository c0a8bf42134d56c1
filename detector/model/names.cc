// What waits, tasks and objects are called where the program gave no name.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "detector/model/state.h"

namespace gordian::detector {
namespace {

constexpr std::array<std::string_view, 14> kWaitNames = {
    "nothing",        "Lock",
    "RLock",          "Cond.Wait",
    "WaitGroup.Wait", "Once.Do",
    "channel send",   "channel receive",
    "select",         "semaphore acquire",
    "barrier wait",   "join",
    "sleep",          "operation on a nil channel"};
static_assert(kWaitNames.size() == static_cast<std::size_t>(WaitKind::kNilChan) + 1);

std::string_view NameOf(trace::TaskKind kind) {
  switch (kind) {
    case trace::TaskKind::kGoroutine:
      return "goroutine";
    case trace::TaskKind::kTimer:
      return "timer callback";
    case trace::TaskKind::kInternal:
      return "internal task";
    case trace::TaskKind::kFiber:
      return "fiber";
    default:
      return "thread";
  }
}

// Which of its users a lock prefers is the analyses' concern.
std::string_view WordFor(trace::ObjectKind kind) {
  return trace::NameOf(kind == trace::ObjectKind::kRWMutexReaders ? trace::ObjectKind::kRWMutex
                                                                  : kind);
}

}  // namespace

std::string_view NameOf(WaitKind kind) { return kWaitNames[static_cast<std::size_t>(kind)]; }

std::string Model::TaskName(TaskId id) const {
  const TaskInfo& task = Task(id);
  if (!task.name.empty()) return task.name;
  if (id == 1 && task.parent == 0) return "main";
  return NumberedKind(id);
}

std::vector<std::pair<std::string, std::string>> Model::TaskLabels(TaskId id) const {
  std::vector<std::pair<std::string, std::string>> labels;
  const auto found = state_->task_labels.find(id);
  if (found == state_->task_labels.end()) return labels;
  for (const absl::string_view line : absl::StrSplit(found->second, '\n', absl::SkipEmpty())) {
    labels.emplace_back(absl::StrSplit(line, absl::MaxSplits('\t', 1)));
  }
  return labels;
}

std::string Model::NumberedKind(TaskId id) const {
  return std::string(NameOf(Task(id).kind)) + " " + std::to_string(id);
}

std::string Model::ObjectName(ObjectId id) const {
  if (id == 0) return "a nil channel";
  const ObjectInfo& object = Object(id);
  if (!object.name.empty()) return object.name;
  if (IsTimerChannel(id)) return "timer channel " + std::to_string(id);
  return std::string(WordFor(object.kind)) + " " + std::to_string(id);
}

void Model::State::NameTask(TaskInfo& task, std::string_view name) {
  if (task.name == name) return;
  if (const auto old = task_names.find(task.name); old != task_names.end()) --old->second;
  task.name = name;
  ++task_names[task.name];
}

bool Model::SharesItsName(TaskId id) const {
  const auto found = state_->task_names.find(Task(id).name);
  return found != state_->task_names.end() && found->second > 1 && !Task(id).name.empty();
}

bool Model::IsTimerChannel(ObjectId id) const {
  const ObjectInfo& object = Object(id);
  // A context's channel may be made where its timer is, and has no room.
  return object.kind == trace::ObjectKind::kChan && object.detail == 1 && object.created_at != 0 &&
         state_->timers_made_at.contains(object.created_at);
}

}  // namespace gordian::detector
