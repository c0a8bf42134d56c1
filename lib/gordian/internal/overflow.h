// A goroutine that runs over the end of its stack ends the program with a report.
//
// The first touch of the guard below a stack is a SIGSEGV. Its handler, on a stack of its own,
// tells whose guard it was, says so on stderr, and lets the program die of the signal as it would
// have. Every other fault goes to the handler that the program had installed before its first
// goroutine, or to the default.
//
// Limits   a handler for SIGSEGV that the program installs later takes the place of this one. One
//          huge frame can step over the guard; it is recognised where the next fault comes with
//          the stack pointer still below the stack.
// Locking  none: everything here may run in a signal handler.
#ifndef GORDIAN_LIB_INTERNAL_OVERFLOW_H_
#define GORDIAN_LIB_INTERNAL_OVERFLOW_H_

#include <cstddef>
#include <string_view>

namespace gordian::internal {

class Task;

// Installs the handler. Called once, before the first goroutine runs.
void WatchForOverflow();

// The stack that the calling thread handles faults on, as long as this lives. A thread that has one
// already keeps it.
class FaultStack {
 public:
  FaultStack();
  ~FaultStack();
  FaultStack(const FaultStack&) = delete;
  FaultStack& operator=(const FaultStack&) = delete;

 private:
  std::byte* memory_ = nullptr;
};

// What `task`'s stack has run over, found at a switch: reports, and dies of SIGSEGV.
[[noreturn]] void DieOfOverflow(const Task& task);

// Told of an overflow before the program dies, in the signal handler: it may do no more than wake
// somebody. True where that one will end the program soon.
using OverflowHook = bool (*)(std::string_view report);
void SetOverflowHook(OverflowHook hook);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_OVERFLOW_H_
