// DumpGoroutines (runtime.h) and DumpTasks (asleep.h): what everybody does at the moment.
//
// Tasks go on meanwhile. Of each one only what may be read at any time is read: words that are
// atomic, texts that are kept for ever, and stack memory, which is never unmapped. A task that
// moved while it was looked at may show a stack that is partly of before and partly of after.
#include <dlfcn.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/debugging/symbolize.h"
#include "absl/strings/str_cat.h"
#include "gordian/internal/asleep.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/label_set.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/task_state.h"
#include "gordian/runtime.h"

namespace gordian {
namespace internal {
namespace {

constexpr int kMostFrames = 32;

// One line: "bank+0x4f2c Transfer(Account&, Account&)"; the library's own frames say nothing.
void AppendFrame(std::uintptr_t address, std::string& out) {
  Dl_info found{};
  if (dladdr(reinterpret_cast<void*>(address), &found) == 0) return;
  // A return address lies behind its call, which may be the last of its function.
  std::array<char, 256> text{};
  const auto* call = reinterpret_cast<const void*>(address - 1);
  const bool known = absl::Symbolize(call, text.data(), text.size());
  const std::string_view function = known ? text.data() : "";
  if (function.starts_with("gordian::internal::") || function == "make_fcontext") return;
  const char* slash = std::strrchr(found.dli_fname, '/');
  const char* module = slash != nullptr ? slash + 1 : found.dli_fname;
  const auto base = reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  absl::StrAppend(&out, "    ", module, "+0x", absl::Hex(address - base), known ? " " : "",
                  std::string(function), "\n");
}

// The frames of a goroutine that is switched out, innermost first.
void AppendStack(const Task& task, std::string& out) {
#if defined(__x86_64__)
  // Where jump_fcontext keeps the frame pointer and the return address.
  constexpr std::size_t kFramePointer = 6, kReturn = 7;
  const auto bottom = reinterpret_cast<std::uintptr_t>(task.stack.bottom);
  const std::uintptr_t top = bottom + task.stack.size;
  const auto saved = reinterpret_cast<std::uintptr_t>(task.context.resume_at);
  if (saved < bottom || saved + (kReturn + 1) * sizeof(void*) > top) return;
  const auto* registers = reinterpret_cast<const std::uintptr_t*>(saved);
  AppendFrame(registers[kReturn], out);
  std::uintptr_t frame = registers[kFramePointer];
  for (int i = 1; i < kMostFrames; ++i) {
    if (frame < saved || frame + 2 * sizeof(void*) > top || frame % sizeof(void*) != 0) return;
    const auto* words = reinterpret_cast<const std::uintptr_t*>(frame);
    if (words[1] == 0) return;
    AppendFrame(words[1], out);
    if (words[0] <= frame) return;
    frame = words[0];
  }
#else
  static_cast<void>(task), static_cast<void>(out);
#endif
}

void AppendState(const Task& task, std::string& out) {
  if (task.blocking.load(std::memory_order_relaxed)) {
    absl::StrAppend(&out, "in a blocking call");
    return;
  }
  if (task.joins.load(std::memory_order_relaxed)) {
    absl::StrAppend(&out, "waits for a thread to end");
    return;
  }
  if (!IsParked(task)) {
    absl::StrAppend(&out, "running, or about to");
    return;
  }
  const char* to = task.waits_to.load(std::memory_order_relaxed);
  const char* on = task.waits_on.load(std::memory_order_relaxed);
  absl::StrAppend(&out, "waits to ", to != nullptr ? to : "go on");
  if (on != nullptr) absl::StrAppend(&out, " \"", on, "\"");
  const std::source_location at = task.waits_at.load(std::memory_order_relaxed);
  if (at.line() != 0) absl::StrAppend(&out, " at ", at.file_name(), ":", at.line());
}

void AppendTask(const Task& task, std::string& out) {
  absl::StrAppend(&out, IsGoroutine(task) ? "goroutine " : "thread ", IdOf(task));
  if (task.name[0] != '\0') absl::StrAppend(&out, " \"", task.name.data(), "\"");
  absl::StrAppend(&out, ": ");
  AppendState(task, out);
  for (const char* mark = "\n  labels "; const auto& [key, value] : LabelsOf(task)) {
    absl::StrAppend(&out, mark, key, "=", value);
    mark = ", ";
  }
  absl::StrAppend(&out, "\n");
  if (!IsGoroutine(task)) return;
  absl::StrAppend(&out, "  started at ", task.spawned_at.file_name(), ":", task.spawned_at.line(),
                  "\n");
  if (IsParked(task) && !task.bound) AppendStack(task, out);
}

}  // namespace

std::string DumpTasks() {
  constexpr int kMostTasks = 200;
  std::string text;
  int count = 0;
  ForEachTask([&](Task& task) {
    if (task.kind != trace::TaskKind::kInternal && ++count <= kMostTasks) AppendTask(task, text);
  });
  if (count > kMostTasks) absl::StrAppend(&text, "and ", count - kMostTasks, " more\n");
  return text;
}

}  // namespace internal

std::string DumpGoroutines() {
  std::string text;
  internal::ForEachTask([&](internal::Task& task) {
    if (internal::IsGoroutine(task)) internal::AppendTask(task, text);
  });
  return text;
}

}  // namespace gordian
