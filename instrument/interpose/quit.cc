// SIGQUIT asks what everybody does: where the program has no handler of its own for it, it is
// answered on stderr (task_dump.h), and the program goes on.
//
// The handler does nothing itself where there is a watcher; it says where its own thread is where
// somebody asks that (thread_stack.h). A program that asks what its handler is does not see ours,
// and takes it away by installing its own. To ignore the signal is a handler as well.
#include "instrument/interpose/quit.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/next.h"
#include "instrument/interpose/task_dump.h"
#include "instrument/interpose/thread.h"
#include "instrument/interpose/thread_stack.h"
#include "instrument/interpose/watcher.h"
#include "instrument/recorder/attach.h"

namespace gordian::interpose {
namespace {

constinit Next<int(int, const struct sigaction*, struct sigaction*)> g_sigaction{"sigaction"};
constinit Next<sighandler_t(int, sighandler_t)> g_signal{"signal"};

// Whose process has our handler; a child of vfork has its parent's memory, but signals of its own.
constinit std::atomic<pid_t> g_ours{0};

bool IsOurs() { return g_ours.load() == getpid(); }

// Without a watcher there is no other thread that is known, and this one blocks nobody.
void DumpHere() {
  static constinit std::atomic<bool> busy{false};
  ThreadState& thread = t_thread;
  if (busy.exchange(true)) return;
  const bool was_busy = thread.busy;
  thread.busy = true;
  StackFrames own;
  InterruptedStack(own);
  DumpTasks(&own);
  thread.busy = was_busy;
  busy.store(false);
}

void OnQuit(int, siginfo_t* signal, void*) {
  const int saved = errno;
  if (!AnswerWithStack(*signal) && !WakeWatcher()) DumpHere();
  errno = saved;
}

int Install() {
  struct sigaction action{};
  action.sa_sigaction = OnQuit;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  return g_sigaction(SIGQUIT, &action, nullptr);
}

void BeOurs(bool ours) {
  g_ours.store(ours ? getpid() : 0);
  recorder::TellQuitIsOurs(ours);
}

// sigaction(2) for a program that is to see the default where our handler is.
int SetQuit(const struct sigaction* wanted, struct sigaction* before) {
  struct sigaction old{};
  const int error = g_sigaction(SIGQUIT, wanted, &old);
  if (error != 0) return error;
  if (IsOurs()) {
    old = {};
    if (wanted != nullptr && (wanted->sa_flags & SA_SIGINFO) == 0 &&
        wanted->sa_handler == SIG_DFL) {
      Install();
    } else if (wanted != nullptr) {
      BeOurs(false);
    }
  }
  if (before != nullptr) *before = old;
  return 0;
}

}  // namespace

void AnswerQuit() {
  struct sigaction now{};
  if (g_sigaction(SIGQUIT, nullptr, &now) != 0) return;
  // A forked child has its parent's.
  if (now.sa_sigaction != OnQuit && now.sa_handler != SIG_DFL) return;
  if (Install() == 0) BeOurs(true);
}

}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int sigaction(int number, const struct sigaction* wanted,
                            struct sigaction* before) noexcept {
  return number == SIGQUIT ? SetQuit(wanted, before) : g_sigaction(number, wanted, before);
}

GORDIAN_ENTRY sighandler_t signal(int number, sighandler_t handler) noexcept {
  if (number != SIGQUIT) return g_signal(number, handler);
  struct sigaction wanted{}, before{};
  wanted.sa_handler = handler;
  wanted.sa_flags = SA_RESTART;
  return SetQuit(&wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

}  // extern "C"
