#include "instrument/interpose/thread_stack.h"

#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>

#include "instrument/recorder/region.h"

namespace gordian::interpose {
namespace {

constexpr int kPatienceMs = 100;

// Of the one question that is open.
enum State : std::uint32_t { kNone, kAsked, kAnswering, kAnswered };
struct Question {
  std::atomic<std::uint32_t> state{kNone};  // futex
  std::atomic<pid_t> thread{0};
  StackFrames answer;
};
constinit Question g_question;

struct Walk {
  StackFrames& frames;
  bool interrupted = false;  // the handler's own frames are passed
};

_Unwind_Reason_Code TakeFrame(_Unwind_Context* context, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  int is_interrupted = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &is_interrupted);
  walk.interrupted |= is_interrupted != 0;
  if (!walk.interrupted) return _URC_NO_REASON;
  StackFrames& frames = walk.frames;
  if (address == 0 || frames.count == frames.addresses.size()) return _URC_END_OF_STACK;
  // Of a call its instruction, not the one behind it.
  frames.addresses[frames.count++] = is_interrupted != 0 ? address : address - 1;
  return _URC_NO_REASON;
}

}  // namespace

void InterruptedStack(StackFrames& frames) {
  frames.count = 0;
  Walk walk{frames};
  _Unwind_Backtrace(TakeFrame, &walk);
}

const StackFrames* AskForStack(pid_t thread) {
  siginfo_t signal{};
  signal.si_signo = SIGQUIT;
  signal.si_code = SI_QUEUE;
  signal.si_pid = getpid();
  signal.si_value.sival_ptr = &g_question;
  g_question.thread.store(thread);
  g_question.state.store(kAsked);
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, SIGQUIT, &signal) == 0) {
    recorder::FutexWait(g_question.state, kAsked, kPatienceMs);
  }
  std::uint32_t asked = kAsked;
  if (g_question.state.compare_exchange_strong(asked, kNone)) return nullptr;
  while (g_question.state.load() == kAnswering) {
    recorder::FutexWait(g_question.state, kAnswering, kPatienceMs);
  }
  return &g_question.answer;
}

// An answer that comes too late is to nobody.
bool AnswerWithStack(const siginfo_t& signal) {
  if (signal.si_code != SI_QUEUE || signal.si_value.sival_ptr != &g_question) return false;
  std::uint32_t asked = kAsked;
  if (g_question.thread.load() != gettid() ||
      !g_question.state.compare_exchange_strong(asked, kAnswering)) {
    return true;
  }
  InterruptedStack(g_question.answer);
  g_question.state.store(kAnswered);
  recorder::FutexWake(g_question.state);
  return true;
}

}  // namespace gordian::interpose
