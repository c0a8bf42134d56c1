#include "detector/analysis/wait_words.h"

#include <algorithm>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kNamed = 4;

}  // namespace

std::vector<GoneUser> GoneUsers(const Model& model, TaskId task) {
  std::vector<GoneUser> gone;
  const Wait& wait = model.Task(task).wait;
  std::vector<ObjectId> objects = {wait.object};
  for (const SelectCase& choice : wait.cases) objects.push_back(choice.channel);
  for (const ObjectId id : objects) {
    if (id == 0) continue;
    const ObjectInfo& object = model.Object(id);
    for (std::size_t i = 0; i < object.users.size() && gone.size() < kNamed; ++i) {
      const TaskInfo& user = model.Task(object.users[i]);
      if (user.kind == trace::TaskKind::kInternal || !user.ended || user.id == task) continue;
      const bool listed = std::any_of(gone.begin(), gone.end(),
                                      [&](const GoneUser& other) { return other.task == user.id; });
      if (!listed) gone.push_back({user.id, id, object.used_at[i]});
    }
  }
  return gone;
}

std::vector<std::string> QuotedAlike(const Model& model, std::span<const TaskId> tasks) {
  struct Group {
    TaskId first;
    std::size_t size;
  };
  std::vector<Group> groups;
  absl::flat_hash_map<std::string_view, std::size_t> by_name;
  for (const TaskId task : tasks) {
    const std::string_view name = model.Task(task).name;
    const bool is_new = name.empty() || by_name.try_emplace(name, groups.size()).second;
    if (is_new) {
      groups.push_back({task, 1});
    } else {
      ++groups[by_name[name]].size;
    }
  }
  std::vector<std::string> quoted;
  std::size_t more = 0;
  for (const Group& group : groups) {
    if (quoted.size() == kNamed) {
      more += group.size;
    } else if (group.size == 1) {
      quoted.push_back(Quoted(model, group.first));
    } else {
      const std::string& name = model.Task(group.first).name;
      quoted.push_back(absl::StrCat(group.size, " tasks like \"", name, "\""));
    }
  }
  if (more > 0) quoted.push_back(Count(more, "more task"));
  return quoted;
}

std::vector<TaskId> EndedWithoutDone(const Model& model, ObjectId group) {
  const ObjectInfo& object = model.Object(group);
  const auto used = [&](TaskId task) {
    return std::ranges::find(object.users, task) != object.users.end();
  };
  std::vector<TaskId> ended;
  for (TaskId id = 1; id <= model.task_count(); ++id) {
    const TaskInfo& task = model.Task(id);
    if (!task.ended || task.frozen || task.kind == trace::TaskKind::kInternal) continue;
    if (task.spawned_seq > object.begin_seq && used(task.parent) && !used(id)) ended.push_back(id);
    if (static_cast<std::int64_t>(ended.size()) > object.value) return {};
  }
  return ended;
}

std::string HowToEndWait(const Model& model, TaskId task) {
  const Wait& wait = model.Task(task).wait;
  const std::string name = model.ObjectName(wait.object);
  switch (wait.kind) {
    case WaitKind::kSend:
      return absl::StrCat(
          "Give ", name,
          " room for what is sent when nobody receives any more (a buffer of 1 for "
          "one result), or send in a Select beside a done channel or Context::Done()");
    case WaitKind::kRecv:
      if (model.IsTimerChannel(wait.object)) {
        return "Do not receive again what has been received already: after Stop, drain the channel "
               "in a Select with a Default, or leave it, as Reset needs no drained channel";
      }
      if (const ObjectId context = ContextOf(model, wait.object); context != 0) {
        return absl::StrCat("Call the cancel function of ", model.ObjectName(context),
                            " on every path of the scope that made it (a scope guard right after "
                            "WithCancel)");
      }
      return absl::StrCat("Close ", name,
                          " when nothing more will be sent, on every path of the sender, or "
                          "receive in a Select beside a done channel or Context::Done()");
    case WaitKind::kSelect:
      return "Add a case that ends it (a done channel, Context::Done()), and close or cancel that "
             "on every path";
    case WaitKind::kWaitGroup:
      return "Call Done on every path of each task that Add announced (WaitGroup::Go does), and "
             "announce no more than are started";
    case WaitKind::kCond:
      return "Change the condition under the lock, then Signal or Broadcast, also when the "
             "program shuts down; wait in a loop that looks at the condition first";
    case WaitKind::kLock:
    case WaitKind::kRLock:
      return absl::StrCat("Unlock ", name, " on every path: hold it by std::scoped_lock");
    case WaitKind::kSemaphore:
      return absl::StrCat("Release ", name,
                          " on every path of those who acquire it, or acquire it "
                          "with a Context or a timeout");
    case WaitKind::kSleep:
      return "Wait for a Context or a done channel with a timeout instead of sleeping, and wait "
             "for the task before the end";
    default:
      return "Give the wait a way to end: a Context, a done channel or a timeout";
  }
}

}  // namespace gordian::detector
