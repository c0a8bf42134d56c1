// What waits, tasks and objects are called where the program gave no name.
#include <array>
#include <string>

#include "detector/model/model.h"

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
    default:
      return "thread";
  }
}

}  // namespace

std::string_view NameOf(WaitKind kind) { return kWaitNames[static_cast<std::size_t>(kind)]; }

std::string Model::TaskName(TaskId id) const {
  const TaskInfo& task = Task(id);
  if (!task.name.empty()) return task.name;
  if (id == 1 && task.parent == 0) return "main";
  return std::string(NameOf(task.kind)) + " " + std::to_string(id);
}

std::string Model::ObjectName(ObjectId id) const {
  if (id == 0) return "a nil channel";
  const ObjectInfo& object = Object(id);
  if (!object.name.empty()) return object.name;
  return std::string(trace::NameOf(object.kind)) + " " + std::to_string(id);
}

}  // namespace gordian::detector
