#include "gordian/internal/fatal.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>

#include "absl/strings/str_cat.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"
#include "gordian/panic.h"
#include "instrument/recorder/attach.h"
#include "instrument/recorder/options.h"

namespace gordian::internal {
namespace {

std::atomic<FatalHook> g_hook{nullptr};
std::atomic<bool> g_ending{false};

[[noreturn]] void End(std::string_view report, std::string_view message) {
  // Others that fail meanwhile wait for the first one to end the program.
  while (g_ending.exchange(true)) pause();
  std::fflush(nullptr);
  static_cast<void>(!write(STDERR_FILENO, report.data(), report.size()));
  if (FatalHook hook = g_hook.load()) hook(message);
  recorder::EndProcess(trace::ProcessEndReason::kFatal);
  _exit(recorder::ProcessOptions().exitcode);
}

std::string Where() {
  Task* task = CurrentTaskOrNull();
  if (task == nullptr) return "";
  const char* kind = task->kind == trace::TaskKind::kThread ? "thread" : "goroutine";
  return absl::StrCat(" (", kind, " ", IdOf(*task), ")");
}

}  // namespace

void ForgetHooks() {
  g_hook.store(nullptr);
  g_ending.store(false);
  SetOverflowHook(nullptr);
}

void SetFatalHook(FatalHook hook) { g_hook.store(hook); }

void Fatal(std::string_view message) {
  End("gordian: fatal: " + std::string(message) + Where() + "\n", message);
}

void PanicEscaped(Task& task) {
  std::string what = "an exception of unknown type";
  try {
    throw;
  } catch (const Panic& panic) {
    what = panic.what();
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  End(absl::StrCat("gordian: panic: ", what, " (left goroutine ", IdOf(task), ")\n"), what);
}

}  // namespace gordian::internal
