#include "lib/inprocess/tasks_text.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/report/task_text.h"
#include "detector/report/wording.h"

namespace gordian::inprocess {
namespace {

using detector::Finding;
using detector::TaskInfo;
using detector::TaskPart;

TaskPart Describe(const detector::Model& model, const TaskInfo& task) {
  TaskPart part = detector::DescribeTask(model, task.id);
  if (part.is_waiting) return part;
  part.what = task.running ? "runs" : task.started ? "could run" : "was not run yet";
  return part;
}

auto Likeness(const TaskPart& part) {
  return std::tie(part.kind, part.spawned_at, part.at, part.is_waiting, part.what,
                  part.waiting.operation, part.waiting.object);
}

bool AreAlike(const TaskPart& a, const TaskPart& b) {
  return Likeness(a) == Likeness(b) && a.held.empty() && b.held.empty() &&
         detector::NamedAlike(a.name, b.name);
}

}  // namespace

std::string TasksText(const detector::Model& model, const detector::SiteTable& sites,
                      const detector::TextStyle& style) {
  std::vector<TaskPart> parts;
  for (detector::TaskId id = 1; id <= model.task_count(); ++id) {
    const TaskInfo& task = model.Task(id);
    if (task.id == 0 || task.ended || task.frozen) continue;
    if (task.kind == trace::TaskKind::kInternal) continue;
    TaskPart part = Describe(model, task);
    const auto same =
        std::ranges::find_if(parts, [&](const TaskPart& other) { return AreAlike(part, other); });
    if (same != parts.end()) {
      ++same->count;
    } else {
      parts.push_back(std::move(part));
    }
  }
  std::string text;
  for (TaskPart& part : parts) {
    Finding one;
    one.tasks.push_back(std::move(part));
    detector::ListObjects(model, one);
    detector::FileNames files;
    files.AddAll(one, sites);
    absl::StrAppend(&text, detector::TasksText(one, sites, files, style));
  }
  return text;
}

}  // namespace gordian::inprocess
