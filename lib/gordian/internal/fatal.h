// Ending the program with a report.
#ifndef GORDIAN_LIB_INTERNAL_FATAL_H_
#define GORDIAN_LIB_INTERNAL_FATAL_H_

#include <string_view>

#include "gordian/internal/task.h"

namespace gordian::internal {

// What runs before the program ends itself: the in-process analysis prints its report
// here. It may end the program itself. nullptr takes it away.
using FatalHook = void (*)(std::string_view message);
void SetFatalHook(FatalHook hook);

// Says "fatal: message" and the running task on stderr, runs the hook, writes
// process-end, and ends the program with the option `exitcode` (66).
[[noreturn]] void Fatal(std::string_view message);

// The same for the exception in flight, which has left the goroutine `task`.
[[noreturn]] void PanicEscaped(Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_FATAL_H_
