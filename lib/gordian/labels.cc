#include "gordian/labels.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gordian/internal/label_set.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"

namespace gordian {
namespace internal {

class Labels {
 public:
  explicit Labels(LabelMap labels) : labels_(std::move(labels)) {}

  const LabelMap& map() const { return labels_; }
  Labels* Ref() {
    refs_.fetch_add(1, std::memory_order_relaxed);
    return this;
  }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  const LabelMap labels_;
  std::atomic<std::uint32_t> refs_{1};
};

namespace {

// A task's pointer changes under it, so that another may take a reference.
constinit SpinLock g_lock;

// Returns what the task had.
Labels* SetLabels(Task& task, Labels* labels) {
  g_lock.Lock();
  Labels* before = std::exchange(task.labels, labels);
  g_lock.Unlock();
  return before;
}

void AppendField(std::string& text, std::string_view field, char end) {
  for (const char c : field) text += c == '\t' || c == '\n' ? ' ' : c;
  text += end;
}

void Record(const Task& task) {
  recorder::ThreadLog* log = Recording();
  if (log == nullptr) [[likely]]
    return;
  std::string text;
  if (task.labels != nullptr) {
    for (const auto& [name, value] : task.labels->map()) {
      AppendField(text, name, '\t');
      AppendField(text, value, '\n');
    }
  }
  recorder::LocalText(*log, trace::EventType::kTaskLabels, IdOf(task), 0, text);
}

}  // namespace

void InheritLabels(Task& child) {
  const Task* parent = CurrentTaskOrNull();
  if (parent == nullptr || parent->labels == nullptr) [[likely]]
    return;
  SetLabels(child, parent->labels->Ref());
  Record(child);
}

void DropLabels(Task& task) {
  if (task.labels == nullptr) [[likely]]
    return;
  SetLabels(task, nullptr)->Unref();
}

LabelMap LabelsOf(const Task& task) {
  g_lock.Lock();
  Labels* labels = task.labels != nullptr ? task.labels->Ref() : nullptr;
  g_lock.Unlock();
  if (labels == nullptr) return {};
  LabelMap map = labels->map();
  labels->Unref();
  return map;
}

LabelScope::LabelScope(LabelMap added) {
  Task& self = CurrentTask();
  if (self.labels != nullptr) added.insert(self.labels->map().begin(), self.labels->map().end());
  before_ = SetLabels(self, new Labels(std::move(added)));
  Record(self);
}

LabelScope::~LabelScope() {
  Task& self = CurrentTask();
  SetLabels(self, before_)->Unref();
  Record(self);
}

}  // namespace internal

LabelMap CurrentLabels() { return internal::LabelsOf(internal::CurrentTask()); }

}  // namespace gordian
