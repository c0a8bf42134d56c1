#include "gordian/internal/fatal.h"

#include <cxxabi.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <typeinfo>

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

[[noreturn]] void End(const std::string& report) {
  // Others that fail meanwhile wait for the first one to end the program.
  while (g_ending.exchange(true)) pause();
  std::fflush(nullptr);
  if (FatalHook hook = g_hook.load()) hook(report);
  static_cast<void>(!write(STDERR_FILENO, report.data(), report.size()));
  recorder::EndProcess(trace::ProcessEndReason::kFatal);
  _exit(recorder::ProcessOptions().exitcode);
}

// "bank.cc:41"; "" for a place that nobody knows.
std::string Place(const std::source_location& at) {
  return at.line() == 0 ? "" : absl::StrCat(at.file_name(), ":", at.line());
}

// `goroutine 3 "alice→bob", started at bank.cc:41`
std::string Describe(Task& task) {
  const bool is_thread = task.kind == trace::TaskKind::kThread;
  std::string text = absl::StrCat(is_thread ? "thread " : "goroutine ", IdOf(task));
  if (task.name[0] != '\0') absl::StrAppend(&text, " \"", task.name.data(), "\"");
  const std::string place = is_thread ? "" : Place(task.spawned_at);
  if (!place.empty()) absl::StrAppend(&text, ", started at ", place);
  return text;
}

// "std::runtime_error": of the exception that is being handled.
std::string TypeOfCurrent() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "unknown";  // not from C++
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : type->name();
}

// What the exception in flight is: its message and, where it tells, the place it came from.
struct Thrown {
  std::string message;
  std::string place;
};

Thrown Current() {
  try {
    throw;
  } catch (const Panic& panic) {
    return {panic.what(), Place(panic.where())};
  } catch (const std::exception& exception) {
    return {absl::StrCat(TypeOfCurrent(), ": ", exception.what()), ""};
  } catch (...) {
    return {absl::StrCat("an exception of type ", TypeOfCurrent()), ""};
  }
}

}  // namespace

void ForgetHooks() {
  g_hook.store(nullptr);
  g_ending.store(false);
  SetOverflowHook(nullptr);
}

void SetFatalHook(FatalHook hook) { g_hook.store(hook); }

void Fatal(std::string_view message) {
  std::string report = absl::StrCat("gordian: fatal: ", std::string(message), "\n");
  Task* task = CurrentTaskOrNull();
  if (task != nullptr) absl::StrAppend(&report, "  in ", Describe(*task), "\n");
  End(report);
}

void FatalAsleep(const std::string& report) { End(report); }

void PanicEscaped(Task& task) {
  const Thrown thrown = Current();
  std::string report = absl::StrCat("gordian: panic: ", thrown.message, "\n");
  if (!thrown.place.empty()) absl::StrAppend(&report, "  thrown at ", thrown.place, "\n");
  absl::StrAppend(&report, "  and caught by nobody in ", Describe(task), "\n");
  End(report);
}

}  // namespace gordian::internal
