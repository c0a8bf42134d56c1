#include "detector/analysis/describe.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gordian::detector {

std::string Quoted(const Model& model, TaskId task) {
  const std::string name = model.TaskName(task);
  if (model.Task(task).name.empty()) return name;
  if (!model.SharesItsName(task)) return absl::StrCat("\"", name, "\"");
  return absl::StrCat("\"", name, "\" (", model.NumberedKind(task), ")");
}

std::string Enumerate(std::span<const std::string> words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && i + 1 < words.size()) out += ", ";
    if (i > 0 && i + 1 == words.size()) out.append(" ").append(last).append(" ");
    out += words[i];
  }
  return out;
}

std::string Count(std::uint64_t n, std::string_view singular) {
  return absl::StrCat(n, " ", std::string(singular), n == 1 ? "" : "s");
}

std::string WaitedFor(const Model& model, const Wait& wait) {
  switch (wait.kind) {
    case WaitKind::kJoin:
      return absl::StrCat("the end of ", Quoted(model, wait.joined));
    case WaitKind::kSelect: {
      std::vector<std::string> channels;
      for (const SelectCase& c : wait.cases) {
        if (c.channel != 0) channels.push_back(model.ObjectName(c.channel));
      }
      if (channels.empty() && !wait.cases.empty()) return "nil";
      return channels.empty() ? "nothing (an empty select)" : Enumerate(channels, "or");
    }
    case WaitKind::kSleep:
      return "the clock";
    case WaitKind::kNilChan:
      return "a nil channel";
    default:
      return wait.object == 0 ? "a nil channel" : model.ObjectName(wait.object);
  }
}

std::string_view OperationOf(const Model& model, const Wait& wait) {
  const bool is_own = wait.kind == WaitKind::kSemaphore &&
                      model.Object(wait.object).kind == trace::ObjectKind::kCustom;
  return is_own ? "wait" : NameOf(wait.kind);
}

std::string TestOf(const Model& model, TaskId task) {
  const std::uint32_t test = model.Task(task).test;
  return std::string(model.TestName(test != 0 ? test : model.current_test()));
}

ObjectId ContextOf(const Model& model, ObjectId channel) {
  const ObjectInfo& object = model.Object(channel);
  if (object.kind != trace::ObjectKind::kChan || object.detail != 0 || object.created_at == 0) {
    return 0;
  }
  for (ObjectId id = 1; id < channel; ++id) {
    const ObjectInfo& other = model.Object(id);
    const bool is_context = other.kind == trace::ObjectKind::kContext;
    if (is_context && other.created_at == object.created_at) return id;
  }
  return 0;
}

TaskPart DescribeTask(const Model& model, TaskId id) {
  const TaskInfo& task = model.Task(id);
  TaskPart part;
  part.id = id;
  part.name = model.TaskName(id);
  part.labels = model.TaskLabels(id);
  part.kind = task.kind;
  part.spawned_at = task.spawned_at;
  part.parent = task.parent;
  part.at = task.wait ? task.wait.site : task.last_site;
  for (const Hold& hold : task.held) {
    // What has gone while it was held matters to those who wait for it.
    const ObjectInfo& lock = model.Object(hold.object);
    if (lock.ended && lock.waiters.empty()) continue;
    part.held.push_back({.object = hold.object, .shared = hold.shared, .site = hold.site});
  }
  if (!task.wait) return part;
  const Wait& wait = task.wait;
  part.is_waiting = true;
  part.waiting = {.object = wait.object,
                  .joined_task = wait.joined,
                  .joined_name = wait.joined != 0 ? model.TaskName(wait.joined) : "",
                  .operation = std::string(OperationOf(model, wait)),
                  .site = wait.site,
                  .since_ns = wait.time,
                  .duration_ns = model.now() > wait.time ? model.now() - wait.time : 0,
                  .choices = {}};
  for (const SelectCase& c : wait.cases) part.waiting.choices.push_back(c.channel);
  return part;
}

ObjectPart DescribeObject(const Model& model, ObjectId id) {
  const ObjectInfo& object = model.Object(id);
  return {.id = id,
          .kind = object.kind,
          .name = model.ObjectName(id),
          .created_at = object.created_at,
          .first_used = object.first_used};
}

void ListObjects(const Model& model, Finding& finding) {
  absl::flat_hash_set<ObjectId> listed = {0};
  for (const ObjectPart& object : finding.objects) listed.insert(object.id);
  const auto add = [&](ObjectId object) {
    if (listed.insert(object).second) finding.objects.push_back(DescribeObject(model, object));
  };
  for (const TaskPart& task : finding.tasks) {
    for (const HeldLock& held : task.held) add(held.object);
    add(task.waiting.object);
    for (const ObjectId channel : task.waiting.choices) add(channel);
  }
}

std::string PictureName(const Model& model, TaskId task) {
  const std::string name = model.TaskName(task);
  return model.SharesItsName(task) ? absl::StrCat(name, " (", task, ")") : name;
}

bool NamedAlike(std::string_view a, std::string_view b) {
  const auto letters = [](std::string_view name) {
    std::string text;
    for (const char c : name) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) text += c;
    }
    return text;
  };
  return letters(a) == letters(b);
}

}  // namespace gordian::detector
