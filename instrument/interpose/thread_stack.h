// The stack of another thread, which goes on meanwhile.
//
// The thread is interrupted by SIGQUIT, unwinds itself in the handler (quit.cc) and goes on. Calls
// that a signal's handler ends early (sleep, poll, …) are left alone: a thread in one of those is
// not asked.
//
// Locking   one asks at a time. Takes no memory.
// Limits    a thread that blocks the signal does not answer, and is waited for a tenth of a second.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_THREAD_STACK_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_THREAD_STACK_H_

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gordian::interpose {

inline constexpr std::size_t kMostStackFrames = 48;

struct StackFrames {
  std::array<std::uintptr_t, kMostStackFrames> addresses{};  // innermost first
  std::size_t count = 0;

  std::span<const std::uintptr_t> span() const { return {addresses.data(), count}; }
};

// What was interrupted by the handler that the caller runs in.
void InterruptedStack(StackFrames& frames);

// Asks `thread`. nullptr where it does not answer; valid until the next call.
const StackFrames* AskForStack(pid_t thread);

// In the handler: whether this signal is such a question, which then is answered.
bool AnswerWithStack(const siginfo_t& signal);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_THREAD_STACK_H_
