// A goroutine's saved execution, and the switch between it and its worker.
//
// A switch exchanges more than registers:
//   - the C++ runtime's exception globals, so that two goroutines that switch inside
//     `catch` blocks do not swap their exceptions;
//   - what AddressSanitizer and ThreadSanitizer know of the current stack.
// All switches are between a worker's own stack and one goroutine's, so the worker's
// side does the work and no thread-local address lives across a switch.
#ifndef GORDIAN_LIB_INTERNAL_CONTEXT_H_
#define GORDIAN_LIB_INTERNAL_CONTEXT_H_

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

namespace gordian::internal {

// The layout that the Itanium C++ ABI gives to __cxa_eh_globals.
struct ExceptionGlobals {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

// The calling thread's exception globals; the address is valid in this thread only.
[[gnu::noinline]] ExceptionGlobals* ThreadExceptionGlobals();

// The far side of a switch: the worker's own stack.
struct WorkerContext {
  boost::context::detail::fcontext_t resume_at = nullptr;
  ExceptionGlobals* exceptions = nullptr;  // of the worker's thread
  void* tsan_fiber = nullptr;
  void* asan_fake_stack = nullptr;
  const void* stack_bottom = nullptr;
  std::size_t stack_size = 0;

  // Called once by the worker's thread.
  void Bind();
};

struct Context {
  boost::context::detail::fcontext_t resume_at = nullptr;
  ExceptionGlobals exceptions;
  WorkerContext* worker = nullptr;  // that runs it now
  void* first_argument = nullptr;   // for the first switch-in
  bool finished = false;            // switched out for ever
  std::byte* stack_bottom = nullptr;
  std::size_t stack_size = 0;
  void* tsan_fiber = nullptr;
  void* asan_fake_stack = nullptr;

  // Prepares a fresh execution of `entry(argument)` on the stack, whose frame begins at
  // `stack_bottom + stack_size`. `entry` must leave through SwitchOut(…, true).
  void Prepare(void (*entry)(void*), void* argument);
};

// Worker's side: runs `to` until it switches out.
void SwitchIn(WorkerContext& self, Context& to);

// Goroutine's side: back to the worker that runs it. When it returns, another worker
// may be running it. `for_ever`: it never will be switched in again.
void SwitchOut(Context& self, bool for_ever = false);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CONTEXT_H_
