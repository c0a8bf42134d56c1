// Ending the program with a report.
#ifndef GORDIAN_LIB_INTERNAL_FATAL_H_
#define GORDIAN_LIB_INTERNAL_FATAL_H_

#include <string>
#include <string_view>

#include "gordian/internal/task.h"

namespace gordian::internal {

// What runs before the program ends itself: the in-process analysis prints the report with its
// own here, and ends the program itself. Where it returns the report goes to stderr. nullptr takes
// it away.
using FatalHook = void (*)(std::string_view report);
void SetFatalHook(FatalHook hook);

// Reports "fatal: message" and the running task, writes process-end, and ends the program with the
// option `exitcode` (66).
[[noreturn]] void Fatal(std::string_view message);

// The same where every task is asleep: the report is whole.
[[noreturn]] void FatalAsleep(const std::string& report);

// The same for the exception in flight, which has left the goroutine `task`: what it says, its type
// where it is no Panic, where it was thrown as far as it knows, and where the goroutine was
// started.
[[noreturn]] void PanicEscaped(Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_FATAL_H_
